import { jest } from '@jest/globals'

/**
 * Runs a file as a module of its own and gives back what it printed with console.log, a line each.
 *
 * @param url - a TypeScript file, anywhere; `portolan` and its packages are the sources of this tree
 */
export const runExample = async (url: URL): Promise<readonly string[]> => {
  const printed: string[] = []
  const log = jest.spyOn(console, 'log').mockImplementation((...words: readonly unknown[]) => {
    printed.push(...words.join(' ').split('\n'))
  })
  try {
    await import(url.pathname)
  } finally {
    log.mockRestore()
  }
  return printed
}
