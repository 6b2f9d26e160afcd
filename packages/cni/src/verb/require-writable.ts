import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { whyUnwritten } from '@portolan/host/file'
import { oneWay } from '@portolan/netfilter'
import { CniError, cniCodes } from '../cni-error.ts'
import { wording } from './wording.ts'

/**
 * The free bytes that ADD needs: a lease takes some pages of the store, and the file of wanted objects is written anew
 * beside the old one.
 */
const LEAST_FREE_BYTES = 65_536

/**
 * Checks that a folder can be written, or created where it is absent. The kernel's own file systems refuse writes even
 * to root, and show it only on an attempt. So an empty folder is made beside it and removed again.
 * @throws CniError 5
 */
export const requireWritable = (folder: string): void => {
  try {
    if (existsSync(folder)) accessSync(folder, constants.W_OK | constants.X_OK)
    else rmdirSync(mkdtempSync(join(nearest(dirname(folder)), '.portolan-')))
  } catch (error) {
    throw new CniError(
      cniCodes.io,
      `the folder ${folder}, where leases are kept, cannot be written to: ${whyUnwritten(error)}.`,
      {
        details: oneWay('mend that, and try again', wording.elsewhere),
        cause: error,
      },
    )
  }
  // A file system without a limit, such as a tmpfs of size 0, has no blocks to count.
  const { bavail, bsize, blocks } = statfsSync(nearest(folder))
  if (blocks > 0 && bavail * bsize < LEAST_FREE_BYTES)
    throw new CniError(
      cniCodes.io,
      `the disk of the folder ${folder}, where leases are kept, is full: it has ${bavail * bsize} free bytes.`,
      { details: oneWay('make room on that disk', wording.elsewhere) },
    )
}

const nearest = (folder: string): string =>
  existsSync(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder))
