import encodeQR from "qr";

/** A QR code of a text, dark on light with the quiet zone that scanners want (ISO/IEC 18004). */
export function Code({ text, name }: { text: string; name: string }) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const dots = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="code" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={name} shapeRendering="crispEdges">
      <path d={`M0 0h${rows.length}v${rows.length}H0z`} class="light" />
      <path d={dots} />
    </svg>
  );
}
