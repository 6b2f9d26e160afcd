import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const shop = `name: shop
services: { web: { ports: ["8080:80"], networks: { default: { ipv4_address: 172.30.1.10 } } } }
networks:
  default:
    ipam: { config: [{ subnet: 172.30.1.0/24, gateway: 172.30.1.1 }] }
    driver_opts: { com.docker.network.bridge.name: br-shop }
`

interface Told {
  readonly conflicts: readonly { readonly severity: string }[]
  readonly incomplete?: readonly { readonly what: string; readonly why: string }[]
  readonly unread?: readonly string[]
}

/** What stops packets and is in none of the rules that the search reads has to be told, so that silence means something. */
describeOnKernel('what the search for conflicts does not follow', 'nftables', () => {
  const labs = workerLabs()

  const onHost = async (lab: Lab) => {
    const file = await lab.write('compose.yaml', shop)
    const portolan = (...words: readonly string[]) =>
      lab.portolan([...words, '-f', file, '--state', '/run/lab/state', '--backend', 'nftables'])
    expect((await portolan('apply', '--yes')).exitCode).toBe(0)
    await lab.container({
      name: 'web',
      bridge: 'br-shop',
      address: '172.30.1.10/24',
      gateway: '172.30.1.1',
      services: [{ protocol: 'tcp', port: 80 }],
    })
    return {
      tell: async (): Promise<Told> => {
        const { stdout } = await portolan('conflicts', '--json')
        return fromJson<Told>(stdout)
      },
      words: async (): Promise<string> => {
        const { stdout, stderr } = await portolan('conflicts')
        return stdout + stderr
      },
      isServed: async (timeoutMs: number): Promise<boolean> => {
        await lab.host.run(['ip', 'neigh', 'flush', 'all'])
        await lab.host.run(['conntrack', '-F'])
        const { delivered } = await lab.client.probe({
          protocol: 'tcp',
          destination: '192.0.2.2',
          port: 8080,
          timeoutMs,
        })
        return delivered
      },
    }
  }

  test('an arp table that may drop', async () => {
    await using lab = await labs.open()
    const { tell, words, isServed } = await onHost(lab)
    const table = (statement: string): string =>
      `table arp guard { chain in { type filter hook input priority 0; policy accept; iifname "br-shop" ${statement}; }; }`
    await lab.host.mustRun(['nft', '-f', '-'], { input: table('counter') })
    expect(await isServed(2500)).toBe(true)
    expect(await tell()).not.toHaveProperty('incomplete')

    await lab.host.mustRun(['nft', '-f', '-'], { input: `flush table arp guard; ${table('drop')}` })
    expect(await isServed(500)).toBe(false)
    const { conflicts, incomplete } = await tell()
    expect(conflicts.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(incomplete).toMatchObject([{ what: expect.stringMatching(/^ARP of this host/) }])
    expect(incomplete?.[0]?.why).toContain('Table arp guard may drop or change it')
    expect(await words()).toContain('nft list ruleset arp')

    await lab.host.mustRun(['nft', 'add table arp guard { flags dormant; }'])
    expect(await isServed(2500)).toBe(true)
    expect(await tell()).not.toHaveProperty('incomplete')
  })

  test('IPsec policies', async () => {
    await using lab = await labs.open()
    const { tell, words, isServed } = await onHost(lab)
    expect(await isServed(2500)).toBe(true)
    expect(await tell()).not.toHaveProperty('unread')
    await lab.host.ip(
      'xfrm policy add src 0.0.0.0/0 dst 172.16.0.0/12 dir out priority 9 tmpl src 198.51.100.2 dst 198.51.100.9 proto esp mode tunnel reqid 1',
    )
    expect(await isServed(500)).toBe(false)
    expect((await tell()).unread).toEqual([
      expect.stringContaining('This host has IPsec policies (1 in "ip xfrm policy")'),
    ])
    expect(await words()).toContain('This host has IPsec policies')
  })
})
