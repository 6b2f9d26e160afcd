import { parseSysctlSettings, type SysctlSetting } from '@portolan/core'
import { networkdSettings } from './networkd-settings.ts'
import { settingsFiles } from './settings-files.ts'

/** The sysctls that the files of a host set. */
export interface SysctlSettings {
  /** The settings in the order in which they are carried out. Of several for one sysctl the last counts. */
  readonly settings: readonly SysctlSetting[]
  /** The places that could not be read, each a sentence. */
  readonly unread: readonly string[]
}

/** The folders of sysctl.d(5). Of files with the same name the one in the first folder counts. */
const folders = ['etc/sysctl.d', 'run/sysctl.d', 'usr/local/lib/sysctl.d', 'usr/lib/sysctl.d', 'lib/sysctl.d']

/**
 * Reads which sysctls the configuration of a host sets when the host starts: sysctl.d(5), /etc/sysctl.conf, ufw's own
 * file where ufw is on, and the forwarding that systemd-networkd switches on.
 *
 * @param root - the folder that the files are below: `/`, or the root of a mounted image
 * @throws never: a place that cannot be read is in `unread`
 * @example
 * readSysctlSettings().settings.find(({ name }) => name === 'net.ipv4.ip_forward')
 * @public @since 0.1.0
 */
export const readSysctlSettings = (root = '/'): SysctlSettings => {
  const unread: string[] = []
  const files = settingsFiles(root, unread)
  const ufw = /^\s*ENABLED=["']?yes\b/m.test(files.textOf('etc/ufw/ufw.conf')) ? ['etc/ufw/sysctl.conf'] : []
  const settings = [...files.layered(folders, '.conf'), 'etc/sysctl.conf', ...ufw].flatMap((file) =>
    parseSysctlSettings(files.textOf(file), `/${file}`),
  )
  return { settings: [...settings, ...networkdSettings(files)], unread }
}
