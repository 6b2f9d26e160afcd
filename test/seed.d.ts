/** See seed.js: jest.config.js, which runs as it is, needs it. */
export function settleSeed(environment: Record<string, string | undefined>, say: (line: string) => void): void
