import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Etcd } from '../../lab/neighbour/etcd.ts'
import type { Systemd } from '../../lab/neighbour/systemd.ts'
import { addresses } from '../../lab/topology.ts'

/** One host with systemd as its first process. */
export interface Here {
  readonly lab: Lab
  readonly systemd: Systemd
  readonly etcd: Etcd
}

export const watchUnit = 'portolan-watch@shop.service'
export const composeFile = '/etc/portolan/shop/compose.yaml'
export const configFile = '/etc/portolan/config.yaml'

/** A project with one service. The host ports lead to its port 80. */
export const shop = (...ports: readonly number[]): string => `
services: {web: {networks: {front: {ipv4_address: 10.20.0.5}}, ports: [${ports.map((port) => `"${port}:80"`).join(', ')}]}}
networks: {front: {ipam: {config: [{subnet: 10.20.0.0/24}]}, driver_opts: {com.docker.network.bridge.name: front}}}
`

export const plugWeb = (lab: Lab): Promise<Container> =>
  lab.container({
    ...{ name: 'web', bridge: 'front', address: '10.20.0.5/24', gateway: '10.20.0.1' },
    services: [{ protocol: 'tcp', port: 80 }],
  })

/** The container that answers another machine at a port of the host. */
export const answer = async ({ lab }: Here, port: number): Promise<string | null> => {
  const outcome = await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })
  return outcome.delivered ? outcome.by : null
}

/** The rules of the host without counters. */
export const rules = ({ lab }: Here): Promise<string> =>
  lab.host.mustRun([
    'sh',
    '-c',
    '{ nft -s list table inet portolan; iptables-nft-save; } 2>/dev/null | grep -v "^#" | sed "s/counter packets [0-9]* bytes [0-9]*//; s/\\[[0-9:]*\\]//"',
  ])

/**
 * Kills the process of a unit by SIGKILL, and waits until systemd has started another one that is ready.
 * @param meanwhile - runs before the new process exists
 */
export const killAndWait = async (
  { systemd }: Here,
  unit: string,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> => {
  const { NRestarts } = await systemd.show(unit, 'NRestarts')
  await systemd.mustRun(['systemctl', 'kill', '--signal', 'KILL', unit])
  await meanwhile()
  await systemd.until(unit, { NRestarts: String(Number(NRestarts) + 1), ActiveState: 'active' })
}

/** Stops a unit, and returns its final state. */
export const stopped = async ({ systemd }: Here, unit: string): Promise<object> => {
  await systemd.mustRun(['systemctl', 'stop', unit])
  return systemd.show(unit, 'ActiveState', 'Result', 'ExecMainStatus')
}

export const cleanStop = { ActiveState: 'inactive', Result: 'success', ExecMainStatus: '0' }
