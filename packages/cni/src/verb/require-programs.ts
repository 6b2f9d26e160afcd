import { createRunner } from '@portolan/host'

/**
 * Starts each program as ADD does, with a word that makes it tell its version: in the folders that it is looked up in there.
 * @throws MissingToolError for the first that is not installed, PermissionError
 */
export const requirePrograms = async (
  programs: readonly (readonly [program: string, version: string])[],
): Promise<void> => {
  const runner = createRunner()
  for (const [program, version] of programs) await runner.run(program, [version])
}
