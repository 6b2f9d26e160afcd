import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseSysctlSettings, type SysctlSetting } from '@portolan/core'
import { DeviceError, isAbsent, readTextFile, whyUnread } from '../file/index.ts'

/** What the files of a host set. */
export interface SysctlSettings {
  /** In the order in which they are carried out: of several, the last counts. */
  readonly settings: readonly SysctlSetting[]
  /** What could not be read, each a sentence. */
  readonly unread: readonly string[]
}

/** sysctl.d(5): of files with one name that of the first folder counts. */
const folders = ['etc/sysctl.d', 'run/sysctl.d', 'usr/local/lib/sysctl.d', 'usr/lib/sysctl.d', 'lib/sysctl.d']

const mostBytes = 4 * 2 ** 20

/**
 * Reads what the configuration of a host sets of sysctls when it starts: sysctl.d(5), /etc/sysctl.conf, and ufw's own
 * file where ufw is on.
 *
 * @param root - the folder that the files are below: `/`, or the root of a mounted image
 * @throws never: what cannot be read is in `unread`
 * @example
 * readSysctlSettings().settings.find(({ name }) => name === 'net.ipv4.ip_forward')
 * @public @since 0.1.0
 */
export const readSysctlSettings = (root = '/'): SysctlSettings => {
  const unread: string[] = []
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
  const textOf = (file: string): string =>
    attempt(`/${file}`, () => readTextFile(join(root, file), { mostBytes, invalid: 'replace' })) ?? ''
  const files = new Map<string, string>()
  for (const folder of folders)
    for (const name of attempt(`/${folder}`, () => readdirSync(join(root, folder))) ?? [])
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, `${folder}/${name}`)
  const ordered = [...files].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, file]) => file)
  const ufw = /^\s*ENABLED=["']?yes\b/m.test(textOf('etc/ufw/ufw.conf')) ? ['etc/ufw/sysctl.conf'] : []
  const settings = [...ordered, 'etc/sysctl.conf', ...ufw].flatMap((file) =>
    parseSysctlSettings(textOf(file), `/${file}`),
  )
  return { settings, unread }
}
