import { isAbsolute } from 'node:path'
import { parseClusterUrl } from '@portolan/core'

/** The URL of a cluster where it means the same in any folder; null: it names a file from the folder of a command. */
export const portableUrl = (url: string): string | null => {
  const { passwordFile, caFile, certFile, keyFile } = parseClusterUrl(url)
  return [passwordFile, caFile, certFile, keyFile].every((file) => file === null || isAbsolute(file))
    ? url
    : null
}
