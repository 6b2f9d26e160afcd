import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { openLab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'

const dockerRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
COMMIT
`

const compose = `name: shop
services:
  web:
    networks: { front: { ipv4_address: 172.30.1.10 } }
    ports: ["8080:80"]
networks:
  front:
    driver_opts: { com.docker.network.bridge.name: br-front }
    ipam: { config: [{ subnet: 172.30.1.0/24, gateway: 172.30.1.1 }] }
`

describeOnKernel('apply --fix', 'nftables', () => {
  test('mends a policy of Docker by DOCKER-USER, and destroy takes it back', async () => {
    await using lab = await openLab()
    await lab.host.mustRun(['iptables-nft-restore'], { input: dockerRules })
    const saved = async (): Promise<string> => {
      const { stdout } = await lab.host.run(['iptables-nft-save', '-t', 'filter'])
      return stdout.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
    }
    const before = await saved()
    const file = await lab.write('compose.yaml', compose)
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
    expect(await lab.client.probe(published)).toMatchObject({ by: web.name })

    await lab.portolan(['apply', ...words, '--yes'])
    const again = await lab.portolan(['plan', ...words])
    expect({ code: again.exitCode, said: again.stdout }).toMatchObject({
      code: 0,
      said: expect.not.stringContaining('ForwardDropped'),
    })

    expect((await lab.portolan(['destroy', '--yes'])).exitCode).toBe(0)
    expect(await saved()).toBe(before)
  })
})
