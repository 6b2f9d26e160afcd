import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import { hostFacts, look } from './look.ts'

const intent = `
name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80/udp"]}
`

/** A host with two uplinks and the bridge of another engine. */
const facts = {
  ...hostFacts,
  interfaces: [
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
    { name: 'eth1', up: true, addresses: ['198.51.100.2/24'] },
    { name: 'docker0', up: true, kind: 'bridge', addresses: ['172.29.0.1/16'] },
  ],
  routes: [
    { destination: 'default', gateway: '198.51.100.9', interface: 'eth1', table: 254, type: 'unicast' },
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254, type: 'unicast' },
    { destination: '198.51.100.0/24', interface: 'eth1', table: 254, type: 'unicast' },
    { destination: '172.29.0.0/16', interface: 'docker0', table: 254, type: 'unicast' },
  ],
}

const ofMapping = async (...rules: readonly string[]): Promise<readonly Conflict[]> => {
  const saved = ['*raw', ':PREROUTING ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n')
  const { plan } = await look({ intent, saved, facts })
  return plan.conflicts.filter(({ mapping }) => mapping !== null)
}

const everyWay = '-A PREROUTING ! -i eth0 -p udp -m udp --dport 80:8080 -j DROP'

describe('a rule that is met in several rows of a mapping', () => {
  test('is told of those in which it is met first, though another rule stands before it in one of them', async () => {
    const conflicts = await ofMapping('-A PREROUTING -i eth1 -p udp -m udp --dport 8080 -j DROP', everyWay)
    const messages = conflicts
      .filter(({ culprit, severity }) => culprit?.position === 2 && severity !== 'info')
      .map(({ message }) => message)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/from .*docker0/)
    expect(messages[0]).toMatch(/from .*its own container/)
  })

  test('is worth knowing of a row in which only unusual source ports meet it', async () => {
    const told = (await ofMapping(everyWay)).filter(({ severity }) => severity === 'info')
    expect(told.map(({ kind }) => kind)).toEqual(['ReplyDropped'])
    expect(told[0]?.message).toMatch(/from eth0/)
    expect(told[0]?.message).toContain('only programs that bind a source port of their own')
    expect(told[0]?.witness?.sourcePort).toBeLessThanOrEqual(8080)
  })
})
