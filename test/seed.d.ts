/** Types for seed.js. It is JavaScript because jest.config.js loads it without a compiler. */
export function settleSeed(environment: Record<string, string | undefined>, say: (line: string) => void): void
