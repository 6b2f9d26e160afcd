import { expect } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Docker } from '../../lab/neighbour/docker.ts'
import type { DockerPlugin } from '../../lab/neighbour/docker-plugin.ts'
import type { ProbeProtocol } from '../../lab/probe.ts'

/** One host with dockerd and the plugin. */
export interface DockerSite {
  readonly lab: Lab
  readonly docker: Docker
  readonly plugin: DockerPlugin
}

/** The container that answers at a port; null: none. */
export const answeringContainer = async (
  from: Machine,
  destination: string,
  port: number,
  protocol: ProbeProtocol = 'tcp',
): Promise<string | null> => {
  const outcome = await from.probe({ protocol, destination, port })
  return outcome.delivered ? outcome.by : null
}

/** Everything of a container or network that could be left on the host: links, rules and leases of Docker's project. */
export const leftOver = async ({ lab }: Pick<DockerSite, 'lab'>): Promise<string> =>
  (
    await lab.host.mustRun([
      'sh',
      '-c',
      'ip -o link | grep -E "ve-|vd-|br-" || true; (iptables-nft-save; ip6tables-nft-save) | grep -i portolan || true',
    ])
  ).trim()

/** dockerd's message when it refuses. */
export const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const outcome = await work.then(
    () => 'it was not refused',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  expect(outcome).not.toBe('it was not refused')
  return outcome
}
