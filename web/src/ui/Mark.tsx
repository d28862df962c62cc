/** The sign of the page: people in a ring. */
export function Mark({ size = 28 }: { size?: number }) {
  const seats = [0, 60, 120, 180, 240, 300];
  return (
    <svg
      className="fm-mark"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
      focusable="false"
    >
      {seats.map((angle) => {
        const radians = ((angle - 90) * Math.PI) / 180;
        return (
          <circle
            key={angle}
            cx={(16 + 10.6 * Math.cos(radians)).toFixed(2)}
            cy={(16 + 10.6 * Math.sin(radians)).toFixed(2)}
            r="3.5"
            fill="currentColor"
            opacity={angle === 0 ? 1 : 0.36 + angle / 600}
          />
        );
      })}
      <circle cx="16" cy="16" r="2.2" fill="currentColor" opacity="0.9" />
    </svg>
  );
}
