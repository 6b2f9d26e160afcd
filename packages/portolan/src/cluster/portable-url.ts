import { isAbsolute } from 'node:path'
import { parseClusterUrl } from '@portolan/core'

/** The URL of a cluster when it means the same in any folder; null: it names a file relative to the current folder. */
export const portableUrl = (url: string): string | null => {
  const { passwordFile, caFile, certFile, keyFile } = parseClusterUrl(url)
  return [passwordFile, caFile, certFile, keyFile].every((file) => file === null || isAbsolute(file))
    ? url
    : null
}
