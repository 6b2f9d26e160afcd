import { checkText } from '@portolan/netfilter/schema'
import { type EngineReading, emptyReading } from './engine-reading.ts'
import { readSubnets } from './subnet-text.ts'
import { readUnitFile } from './unit-file.ts'

/**
 * Reads Podman's default network, and the folder of its other networks, from a `containers.conf`. Only this file shows
 * the default network: Podman makes its bridge with the first container and writes no network file for it. Of the TOML
 * syntax, only `key = "value"` in `[network]` is read.
 *
 * @see containers.conf(5), `default_network`, `default_subnet`, `network_config_dir`
 * @example
 * const text = '[network]\ndefault_subnet = "10.99.0.0/16"'
 * parseContainersConf(text, 'containers.conf').networks[0].subnets // ['10.99.0.0/16']
 * @public @since 0.1.0
 */
export const parseContainersConf = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  const settings = readUnitFile(text)
    .filter(({ name }) => name === 'network')
    .flatMap((section) => section.settings)
  const textOfKey = (key: string): string | undefined =>
    /^(["'])(.*?)\1/.exec(settings.findLast((setting) => setting.key === key)?.value ?? '')?.[2]
  const subnet = textOfKey('default_subnet')
  const folder = textOfKey('network_config_dir')
  const folders = folder === undefined || folder === '' ? {} : { networkFolders: [folder] }
  if (subnet === undefined) return { ...emptyReading, ...folders }
  const { subnets, complaints } = readSubnets(file, [{ what: 'default_subnet', value: subnet }])
  const name = textOfKey('default_network') ?? 'podman'
  return {
    ...emptyReading,
    networks: subnets.length === 0 ? [] : [{ engine: 'podman', name, subnets, bridge: 'podman0', file }],
    complaints,
    ...folders,
  }
}
