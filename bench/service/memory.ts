export function mb(size: number): string {
  return `${size.toFixed(1)} MB`;
}
