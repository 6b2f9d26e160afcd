import { accessSync, constants, existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CniError, cniCodes } from '../cni-error.ts'

/**
 * Can a folder be written to, or be made where it is not there? The kernel's own file systems refuse root too, and say so
 * only when asked to make something, so an empty folder is made beside it and removed again.
 * @throws CniError 5
 */
export const requireWritable = (folder: string): void => {
  try {
    if (existsSync(folder)) accessSync(folder, constants.W_OK | constants.X_OK)
    else rmdirSync(mkdtempSync(join(nearest(dirname(folder)), '.portolan-')))
  } catch (error) {
    throw new CniError(
      cniCodes.io,
      `the folder ${folder}, where leases are kept, cannot be written to (${error instanceof Error ? error.message : String(error)}).`,
      { cause: error },
    )
  }
}

const nearest = (folder: string): string =>
  existsSync(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder))
