document.title = "Vitrine";
