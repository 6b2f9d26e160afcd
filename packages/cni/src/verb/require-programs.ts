import { createRunner } from '@portolan/host'

/**
 * Starts each program with the argument that prints its version. The lookup in the folders of programs is then the same
 * as in ADD.
 * @throws MissingToolError for the first program that is not installed, PermissionError
 */
export const requirePrograms = async (
  programs: readonly (readonly [program: string, version: string])[],
): Promise<void> => {
  const runner = createRunner()
  for (const [program, version] of programs) await runner.run(program, [version])
}
