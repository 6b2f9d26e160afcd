import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import { engineRoom } from '../../lab/neighbour/engine-room.ts'
import { enterContainer } from '../../lab/neighbour/foreign-container.ts'
import { addresses } from '../../lab/topology.ts'

/** A machine to which the host forwards without a bridge, a translation or a rule. Its service answers as `pod`. */
export interface Routed {
  /** The host's interface that leads to it. */
  readonly name: string
  /** The addresses of the pod, one of each family. */
  readonly asked: readonly string[]
}

/** The probe of the pod. */
export const toPod = { protocol: 'tcp', port: 80, timeoutMs: 2000 } as const

const [pod, pod6] = ['10.66.0.2', 'fd00:66::2']
const asked = [pod, pod6]

/** Gives the client routes to the pod through the host. */
const routeFromClient = (lab: Lab): Promise<void> =>
  lab.client.ip(
    `route add 10.66.0.0/24 via ${addresses.ip.host}`,
    `route add fd00:66::/64 via ${addresses.ip6.host}`,
  )

const listenIn = async (lab: Lab, namespace: string): Promise<void> => {
  await enterContainer(lab, namespace, { address: pod, address6: pod6 }, { name: 'pod' })
}

/** A CNI plugin that gives each pod a veth pair and a route, as Calico does. */
export const pointToPoint = async (lab: Lab): Promise<Routed> => {
  const room = await engineRoom(lab)
  const network = {
    ...{ cniVersion: '1.0.0', name: 'pods', type: 'ptp', ipMasq: false },
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet: '10.66.0.0/24' }], [{ subnet: 'fd00:66::/64' }]],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    },
  }
  await room.mustRun(['ip', 'netns', 'add', 'pod'])
  const result = await room.mustRun(['/usr/lib/cni/ptp'], {
    input: JSON.stringify(network),
    environment: {
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'pod',
      CNI_NETNS: '/run/netns/pod',
      CNI_IFNAME: 'eth0',
      CNI_PATH: '/usr/lib/cni',
    },
  })
  const { interfaces } = fromJson<{ readonly interfaces: readonly { readonly name: string }[] }>(result)
  await listenIn(lab, room.outside('/run/netns/pod'))
  await routeFromClient(lab)
  return { name: interfaces[0]?.name ?? '', asked }
}

/** A veth pair, as an administrator or systemd-nspawn would make it. */
export const namespacePair = async (lab: Lab): Promise<Routed> => {
  const room = await engineRoom(lab)
  await room.mustRun(['ip', 'netns', 'add', 'pod'])
  await room.mustRun(['ip', 'link', 'add', 've-pod', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'pod'])
  await lab.host.ip(
    'addr add 10.66.0.1/24 dev ve-pod',
    'addr add fd00:66::1/64 dev ve-pod nodad',
    'link set ve-pod up',
  )
  await inPod(lab, `addr add ${pod}/24 dev eth0`, `addr add ${pod6}/64 dev eth0 nodad`, 'link set eth0 up')
  await inPod(lab, 'route add default via 10.66.0.1', 'route add default via fd00:66::1')
  await listenIn(lab, room.outside('/run/netns/pod'))
  await routeFromClient(lab)
  return { name: 've-pod', asked }
}

/** A tunnel (VXLAN) to the machine on the second wire. Every kernel has this kind of tunnel. */
export const tunnel = async (lab: Lab): Promise<Routed> => {
  const { host, outside } = lab
  const { ip } = addresses
  const vxlan = (local: string, remote: string): string =>
    `link add tun66 type vxlan id 66 dstport 4789 local ${local} remote ${remote}`
  await host.ip(
    vxlan(ip.hostOutside, ip.outside),
    'addr add 10.66.0.1/24 dev tun66',
    'addr add fd00:66::1/64 dev tun66 nodad',
    'link set tun66 up',
  )
  await outside.ip(
    vxlan(ip.outside, ip.hostOutside),
    `addr add ${pod}/24 dev tun66`,
    `addr add ${pod6}/64 dev tun66 nodad`,
    'link set tun66 up',
    'route add 192.0.2.0/24 via 10.66.0.1',
    'route add 2001:db8:1::/64 via fd00:66::1',
  )
  await outside.listen({ protocol: 'tcp', port: 80, answersAs: 'pod' })
  await routeFromClient(lab)
  return { name: 'tun66', asked }
}

const inPod = async (lab: Lab, ...lines: readonly string[]): Promise<void> => {
  const room = await engineRoom(lab)
  for (const line of lines) await room.mustRun(['ip', '-n', 'pod', ...line.split(' ')])
}
