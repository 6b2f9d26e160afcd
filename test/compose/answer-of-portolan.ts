import type { Intent, PortRange } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { parseWords } from '../../packages/portolan/src/command/options/options.ts'
import { readIntent } from '../../packages/portolan/src/command/sources/read-intent.ts'
import { type Answer, eachPort, type NetworkAnswer, sorted, words } from './answer.ts'
import type { Case } from './case.ts'
import { inFolderOf } from './folder.ts'

/** The answer of Portolan's command to a case. */
export const answerOfPortolan = (project: Case): Answer =>
  inFolderOf(project, (folder) => {
    const before = process.cwd()
    process.chdir(folder)
    try {
      const { options } = parseWords(project.words ?? [])
      return answerOf(readIntent(options, project.environment ?? {}))
    } catch (error) {
      if (error instanceof PortolanError) return { kind: 'refused', why: error.message }
      throw error
    } finally {
      process.chdir(before)
    }
  })

const answerOf = ({ project, networks, endpoints, mappings }: Intent): Answer => {
  const names = sorted(endpoints.map(({ service }) => service))
  return {
    kind: 'read',
    project,
    networks: Object.fromEntries(
      networks.map((network): [string, NetworkAnswer] => [
        network.name,
        {
          external: network.externalName,
          internal: network.internal,
          ip6: network.ip6 !== null,
          subnets: sorted(
            [network.ip, network.ip6].flatMap((subnet) =>
              subnet === null || subnet.subnet === null
                ? []
                : [words(subnet.subnet, subnet.gateway, subnet.ipRange)],
            ),
          ),
          bridge: network.bridge,
        },
      ]),
    ),
    services: Object.fromEntries(
      names.map((name) => {
        const own = endpoints.filter(({ service }) => service === name)
        return [
          name,
          {
            replicas: Math.max(...own.map(({ replica }) => replica)),
            networks: sorted(own.map(({ network, ip, ip6, mac }) => words(network, ip, ip6, mac))),
            ports: sorted(
              mappings
                .filter(({ service }) => service === name)
                .flatMap(({ hostAddress, hostPorts, containerPorts, protocol }) =>
                  eachPort(hostAddress ?? '', range(hostPorts), range(containerPorts), protocol),
                ),
            ),
          },
        ]
      }),
    ),
  }
}

const range = (ports: PortRange | null): string =>
  ports === null ? '' : ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`
