/**
 * Reads a JSON text as a value of the type that the caller names. It is the only place where a test gives JSON a type,
 * and nothing checks the type: a text of another shape fails where the test compares what is in it.
 */
export const fromJson = <Value = unknown>(text: string): Value => JSON.parse(text)
