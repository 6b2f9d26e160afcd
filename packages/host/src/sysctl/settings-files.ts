import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DeviceError, isAbsent, readTextFile, whyUnread } from '../file/index.ts'

/** The configuration files of a host, below a root folder. Paths have no leading slash. */
export interface SettingsFiles {
  /** The text of a file; empty where there is no such file, or it is masked. */
  readonly textOf: (file: string) => string
  /**
   * The files with an ending, in the order of their names. Of files with the same name the one in the first folder
   * counts (sysctl.d(5), systemd.network(5)).
   */
  readonly layered: (folders: readonly string[], ending: string) => readonly string[]
}

const mostBytes = 4 * 2 ** 20

/**
 * Opens the configuration files below a root folder.
 * @param unread - gets a sentence for each place that cannot be read
 */
export const settingsFiles = (root: string, unread: string[]): SettingsFiles => {
  const attempt = <T>(place: string, read: () => T): T | null => {
    try {
      return read()
    } catch (error) {
      // A link to /dev/null masks a file.
      if (!isAbsent(error) && !(error instanceof DeviceError))
        unread.push(`${place} could not be read: ${whyUnread(error)}`)
      return null
    }
  }
  return {
    textOf: (file) =>
      attempt(`/${file}`, () => readTextFile(join(root, file), { mostBytes, invalid: 'replace' })) ?? '',
    layered(folders, ending) {
      const files = new Map<string, string>()
      for (const folder of folders)
        for (const name of attempt(`/${folder}`, () => readdirSync(join(root, folder))) ?? [])
          if (name.endsWith(ending) && !files.has(name)) files.set(name, `${folder}/${name}`)
      return [...files].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, file]) => file)
    },
  }
}
