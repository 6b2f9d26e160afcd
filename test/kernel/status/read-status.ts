import type { HostStatus } from 'portolan'
import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import { mustSucceed } from '../lifecycle/pilot.ts'

/** The status of one mapping, by its family, protocol and host port. */
export type MappingOf = (
  port: number,
  family?: 'ip' | 'ip6',
  protocol?: string,
) => HostStatus['mappings'][number]

/** Reads `portolan status --json`. */
export const readStatus = async (
  lab: Lab,
  ...words: readonly string[]
): Promise<HostStatus & { readonly of: MappingOf }> => {
  const { stdout } = mustSucceed('status', await lab.portolan(['status', '--json', ...words]))
  const status = fromJson<HostStatus>(stdout)
  return {
    ...status,
    of: (port, family = 'ip', protocol = 'tcp') => {
      const found = status.mappings.filter(
        (one) => one.hostPort === port && one.family === family && one.protocol === protocol,
      )
      const [only] = found
      if (only === undefined || found.length > 1)
        throw new Error(`${found.length} mappings of ${port}: ${JSON.stringify(status.mappings)}`)
      return only
    },
  }
}

/** The drift of every mapping, as `ip 8080/tcp: none`. */
export const driftOf = ({ mappings }: HostStatus): readonly string[] =>
  mappings.map(({ family, hostPort, protocol, drift }) => `${family} ${hostPort}/${protocol}: ${drift}`)
