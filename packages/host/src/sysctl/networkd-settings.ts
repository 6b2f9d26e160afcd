import { networkdForwarding, type SysctlSetting } from '@portolan/core'
import type { SettingsFiles } from './settings-files.ts'

/** The configuration folders of networkd.conf(5) and systemd.network(5). */
const bases = ['etc/systemd', 'run/systemd', 'usr/local/lib/systemd', 'usr/lib/systemd', 'lib/systemd']
const folders = bases.map((base) => `${base}/network`)

/** Reads the forwarding settings of systemd-networkd: networkd.conf, `.network` files, and their drop-ins. */
export const networkdSettings = ({ textOf, layered }: SettingsFiles): readonly SysctlSetting[] => {
  const read = (file: string): { readonly text: string; readonly file: string } => ({
    text: textOf(file),
    file: `/${file}`,
  })
  const dropIns = (within: readonly string[], name: string): readonly string[] =>
    layered(
      within.map((folder) => `${folder}/${name}.d`),
      '.conf',
    )
  const main = bases.map((base) => `${base}/networkd.conf`).find((file) => textOf(file) !== '')
  const whole = [...(main === undefined ? [] : [main]), ...dropIns(bases, 'networkd.conf')]
  const ofInterfaces = layered(folders, '.network').map((file) => [
    file,
    ...dropIns(folders, file.slice(file.lastIndexOf('/') + 1)),
  ])
  return [whole, ...ofInterfaces].flatMap((files) => networkdForwarding(files.map(read)))
}
