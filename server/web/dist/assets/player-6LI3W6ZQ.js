document.title="Vitrine";
