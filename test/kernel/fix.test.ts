import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

const dockerRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
COMMIT
`

const published = {
  web: `  web:
    networks: { front: { ipv4_address: 172.30.1.10 } }
    ports: ["8080:80"]`,
  api: `  api:
    networks: { front: { ipv4_address: 172.30.1.11 } }
    ports: ["8081:81"]`,
} as const

const shop = (services: readonly (keyof typeof published)[]): string => `name: shop
services:
${services.map((name) => published[name]).join('\n')}
networks:
  front:
    driver_opts: { com.docker.network.bridge.name: br-front }
    ipam: { config: [{ subnet: 172.30.1.0/24, gateway: 172.30.1.1 }] }
`

interface Change {
  readonly part: string
  readonly action: string
  readonly object: string
  readonly description: string
}

const savedFilter = async ({ host }: Lab): Promise<string> => {
  const { stdout } = await host.run(['iptables-nft-save', '-t', 'filter'])
  return stdout.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
}

describeOnKernel('apply --fix', 'nftables', () => {
  test('opens a port behind the policy of Docker by a rule in DOCKER-USER, and destroy removes the rule', async () => {
    await using lab = await labs.open()
    await lab.host.mustRun(['iptables-nft-restore'], { input: dockerRules })
    const saved = async (): Promise<string> => savedFilter(lab)
    const before = await saved()
    const file = await lab.write('compose.yaml', shop(['web']))
    const words = ['-f', file, '--backend', 'nftables']

    const refused = await lab.portolan(['apply', ...words, '--yes'])
    expect({ code: refused.exitCode, said: refused.stdout }).toMatchObject({
      code: 3,
      said: expect.stringContaining('ForwardDropped'),
    })

    const fixed = await lab.portolan(['apply', ...words, '--yes', '--fix'])
    expect({ code: fixed.exitCode, said: fixed.stderr }).toMatchObject({ code: 0 })
    expect(await saved()).toContain('-A DOCKER-USER -d 172.30.1.10/32 -o br-front -p tcp')

    const web = await lab.container({
      name: 'web',
      bridge: 'br-front',
      address: '172.30.1.10/24',
      gateway: '172.30.1.1',
      services: [{ protocol: 'tcp', port: 80 }],
    })
    const published = {
      protocol: 'tcp',
      destination: addresses.ip.host,
      port: 8080,
      timeoutMs: 3000,
    } as const
    expect(await lab.client.reach(published)).toMatchObject({ by: web.name })

    await lab.portolan(['apply', ...words, '--yes'])
    const again = await lab.portolan(['plan', ...words])
    expect({ code: again.exitCode, said: again.stdout }).toMatchObject({
      code: 0,
      said: expect.not.stringContaining('ForwardDropped'),
    })

    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(
        'iptables-nft -t filter -D DOCKER-USER -o br-front -d 172.30.1.10 -p tcp',
      ),
    })
    expect(await saved()).toBe(before)
  })

  test('removes the DOCKER-USER rule of a mapping that is gone, and no other rule', async () => {
    await using lab = await labs.open()
    await lab.host.mustRun(['iptables-nft-restore'], { input: dockerRules })
    const saved = async (): Promise<string> => savedFilter(lab)
    const before = await saved()
    const words = async (...services: readonly (keyof typeof published)[]): Promise<readonly string[]> => [
      ...['-f', await lab.write('compose.yaml', shop(services)), '--backend', 'nftables'],
    ]
    const apply = async (...services: readonly (keyof typeof published)[]): Promise<void> => {
      const { exitCode, stderr } = await lab.portolan([
        'apply',
        ...(await words(...services)),
        '--yes',
        '--fix',
      ])
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    }
    const fixes = async (): Promise<readonly Change[]> => {
      const { stdout } = await lab.portolan(['plan', ...(await words('web')), '--json'])
      const { changes } = fromJson<{ readonly changes: readonly Change[] }>(stdout)
      return changes.filter(({ part }) => part === 'fix')
    }

    await apply('web')
    const onlyWeb = await saved()
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)

    await apply('web', 'api')
    expect(await saved()).toContain('-A DOCKER-USER -d 172.30.1.11/32 -o br-front -p tcp')
    expect(await fixes()).toMatchObject([
      {
        action: 'remove',
        object: 'DOCKER-USER',
        description: 'Take back what was asked of DOCKER-USER for 0.0.0.0:8081/tcp -> api:81.',
      },
    ])

    await apply('web')
    expect(await saved()).toBe(onlyWeb)
    expect((await lab.portolan(['plan', ...(await words('web'))])).exitCode).toBe(0)

    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await saved()).toBe(before)
  })
})
