import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { openLab } from '../lab/lab.ts'
import type { ConflictJson } from './conflicts/planned.ts'
import { pilotOf } from './lifecycle/pilot.ts'

const kubeProxy = readFileSync(new URL('./conflicts/hosts/kube-proxy.save', import.meta.url), 'utf8')

/** kube-proxy puts its jumps first in their chains. */
const ahead = kubeProxy.replace(/^-A (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /gm, '-I $1 ')

const shop = `name: shop
networks:
  web:
    ipam: { config: [{ subnet: 172.30.1.0/24, gateway: 172.30.1.1 }] }
    driver_opts: { com.docker.network.bridge.name: pt-web }
services:
  nginx: { networks: { web: { ipv4_address: 172.30.1.10 } }, ports: ["30080:80"] }
`

// Of chains with equal priority, the kernel runs the one first that was registered last.
const cases = [
  { backend: 'iptables-nft', theirs: 'iptables-legacy', isFirst: true, by: 'nginx', certainty: 'possible' },
  {
    backend: 'iptables-nft',
    theirs: 'iptables-legacy',
    isFirst: false,
    by: 'neighbour',
    certainty: 'possible',
  },
  { backend: 'iptables-legacy', theirs: 'iptables-nft', isFirst: true, by: 'nginx', certainty: 'possible' },
  {
    backend: 'iptables-legacy',
    theirs: 'iptables-nft',
    isFirst: false,
    by: 'neighbour',
    certainty: 'possible',
  },
  // In one chain, a plan moves our jump back to the first place.
  { backend: 'iptables-nft', theirs: 'iptables-nft', isFirst: true, by: 'nginx', certainty: 'certain' },
  { backend: 'iptables-nft', theirs: 'iptables-nft', isFirst: false, by: 'neighbour', certainty: 'certain' },
  // Our own table of nftables has a priority of its own.
  { backend: 'nftables', theirs: 'iptables-nft', isFirst: true, by: 'nginx', certainty: 'certain' },
  { backend: 'nftables', theirs: 'iptables-nft', isFirst: false, by: 'nginx', certainty: 'certain' },
] as const

describeOnKernel('a published port that is a node port of kube-proxy', 'iptables-legacy', () => {
  test.each(cases)(
    'on $backend beside $theirs, kube-proxy first: $isFirst, is answered by $by, and the shadowed service is $certainty',
    async ({ backend, theirs, isFirst, by, certainty }) => {
      // A new lab: a table of iptables-legacy stays registered in one that is used again.
      await using lab = await openLab()
      const { host, client, neighbour } = lab
      await neighbour.listen({ protocol: 'tcp', port: 7000 })
      await host.setSysctl('net.ipv4.ip_forward', 1)
      const pilot = pilotOf(lab, backend)
      const start = (text: string): Promise<string> =>
        host.mustRun([`${theirs}-restore`, '--noflush'], { input: text })
      if (isFirst) await start(kubeProxy)
      await pilot.apply(shop, '--force')
      if (!isFirst) await start(ahead)
      await lab.container({
        name: 'nginx',
        bridge: 'pt-web',
        address: '172.30.1.10/24',
        gateway: '172.30.1.1',
        services: [{ protocol: 'tcp', port: 80 }],
      })

      expect(await client.reach({ protocol: 'tcp', destination: '192.0.2.2', port: 30080 })).toMatchObject({
        by,
      })
      const { conflicts } = fromJson<{
        readonly conflicts: readonly ConflictJson[]
      }>((await pilot.run('conflicts', shop, '--json')).stdout)
      expect(conflicts.filter(({ kind }) => kind === 'DnatShadows')).toMatchObject([
        { certainty, culprit: { chain: 'KUBE-SEP-WEB0000000000001', owner: 'kube-proxy' } },
      ])
      const words = ['--from', '192.0.2.9', '--to', '192.0.2.2:30080/tcp', '--in', 'eth0']
      const { stdout } = await lab.portolan(['explain', ...words])
      const place = by === 'nginx' ? '172.30.1.10:80' : '192.0.2.10:7000'
      expect(stdout).toMatch(new RegExp(`forwarded to ${place}`, 'i'))
      expect(stdout.includes('Order undetermined')).toBe(certainty === 'possible')
    },
    60_000,
  )
})
