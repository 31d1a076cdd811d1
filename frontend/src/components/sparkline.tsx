interface SparklineProps {
  values: readonly (number | null)[];
  /** What it shows and where it ends, for those who cannot see it. */
  label: string;
  width?: number;
  height?: number;
  /** Fixed scale, so that neighbours can be compared; from the data when left out. */
  min?: number;
  max?: number;
}

/** Pieces between gaps, so that a gap is shown as a gap. */
export function sparklinePaths(
  values: readonly (number | null)[],
  size: { width: number; height: number },
  scale: { min: number; max: number },
): string[] {
  const span = scale.max - scale.min || 1;
  const step = size.width / Math.max(values.length - 1, 1);
  const pieces: string[] = [];
  let piece = '';
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      if (piece) pieces.push(piece);
      piece = '';
      return;
    }
    const y = size.height - 1 - ((value - scale.min) / span) * (size.height - 2);
    const point = `${(index * step).toFixed(1)},${y.toFixed(1)}`;
    piece += piece ? ` L${point}` : `M${point}`;
  });
  return piece ? [...pieces, piece] : pieces;
}

export function Sparkline({ values, label, width = 96, height = 24, min, max }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const scale = { min: min ?? Math.min(...known, 0), max: max ?? Math.max(...known, 0) };
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      width={width}
      height={height}
      style={{ maxWidth: '100%', display: 'block' }}
    >
      {sparklinePaths(values, { width, height }, scale).map((path) => (
        <path
          key={path}
          d={path}
          fill="none"
          stroke="var(--unity-series-1)"
          strokeWidth="1.5"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
