import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseConfig } from '@portolan/core'
import { parseHostFacts, readPacket } from '@portolan/netfilter'
import { Ajv } from 'ajv'
import { jsonSchemas } from '../../../../script/json-schemas.js'
import { fromJson } from '../../../../test/from-json.ts'

const folder = join(import.meta.dirname, '../../schema')
const read = (name: string): Record<string, unknown> =>
  fromJson<Record<string, unknown>>(readFileSync(join(folder, name), 'utf8'))

/** The verdicts of the command's reader and of an editor with the schema. */
const verdicts = (file: string, reader: (text: string, source: string) => unknown) => {
  const holds = new Ajv().compile(read(file))
  return (value: unknown): { readonly read: boolean; readonly schema: boolean } => {
    let isRead = true
    try {
      reader(JSON.stringify(value), file)
    } catch {
      isRead = false
    }
    return { read: isRead, schema: holds(value) }
  }
}

describe('the JSON Schema of facts', () => {
  const judge = verdicts('host-facts.json', parseHostFacts)

  test('is the one that `npm run json-schemas` writes', () => {
    expect(read('host-facts.json')).toEqual(fromJson(JSON.stringify(jsonSchemas()['host-facts.json'])))
  })

  test.each<[unknown]>([
    [{}],
    [{ nameservers: ['10.0.0.2'], unknownKey: 1 }],
    [{ interfaces: [{ name: 'eth0', index: 2, master: null, addresses: ['192.0.2.2/24'] }] }],
    [{ sockets: [{ protocol: 'udp', address: '::', port: 53 }], sysctls: { 'net.ipv4.ip_forward': '1' } }],
    [{ networks: [{ engine: 'docker', subnets: ['10.0.0.0/8'], used: [{ address: '10.0.0.1', by: 'x' }] }] }],
  ])('takes %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: true, schema: true })
  })

  test.each<[unknown]>([
    [[]],
    [{ interfaces: {} }],
    [{ interfaces: [{ name: 7 }] }],
    [{ interfaces: [{ mtu: 1.5 }] }],
    [{ rules: [{ family: 'inet' }] }],
    [{ sockets: [{ port: 65536 }] }],
    [{ sysctls: { a: 1 } }],
    [{ flows: [{ answeredBy: { port: '80' } }] }],
  ])('refuses %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: false, schema: false })
  })
})

describe('the JSON Schema of a packet', () => {
  const judge = verdicts('packet.json', (text) => readPacket(text))

  test('is the one that `npm run json-schemas` writes', () => {
    expect(read('packet.json')).toEqual(fromJson(JSON.stringify(jsonSchemas()['packet.json'])))
  })

  test.each<[unknown]>([
    [{ destination: '192.0.2.2' }],
    [{ destination: '2001:db8::1', protocol: 47, in: null, source: '', state: '' }],
    [{ in: 'eth0', source: '198.51.100.7', destination: '192.0.2.2', destinationPort: 80, state: 'new' }],
  ])('takes %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: true, schema: true })
  })

  test.each<[unknown]>([
    [[]],
    [null],
    [{}],
    [{ destination: null }],
    [{ destination: '192.0.2.2', destinationPort: 65536 }],
    [{ destination: '192.0.2.2', state: 'NEW' }],
    [{ destination: '192.0.2.2', protocol: true }],
    [{ destination: '192.0.2.2', mark: -1 }],
    [{ destination: '192.0.2.2', in: 3 }],
    [{ destination: '192.0.2.2', dport: 22 }],
  ])('refuses %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: false, schema: false })
  })
})

describe('the JSON Schema of config.yaml', () => {
  const judge = verdicts('config.json', parseConfig)

  test.each<[unknown]>([
    [{}],
    [{ pools: ['10.64.0.0/12:24', 'classic', { base: 'fd12:3456:789a::/48', size: 64 }] }],
    [{ reserved: ['10.64.0.0/16', '192.0.2.7', '2001:db8::/64'], allowed: ['100.64.0.0/10'], 'x-note': 1 }],
    [{ pool: 'docker', reserve: '10.0.0.0/8', allow: '10.1.0.0/16' }],
    [{ pools: null, reserved: null, allowed: [] }],
    [{ cluster: 'etcd://192.0.2.1:2379/prod' }],
    [{ cluster: null }],
  ])('takes %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: true, schema: true })
  })

  test.each<[unknown]>([
    [['classic']],
    [{ pools: ['roomy'] }],
    [{ pools: ['10.0.0.0/8'] }],
    [{ pools: [{ base: '10.0.0.0/8' }] }],
    [{ pools: [{ base: '10.0.0.0/8', size: 24, scope: 'local' }] }],
    [{ pools: [['classic']] }],
    [{ reserved: ['attic'] }],
    [{ reserved: [{ a: 'b' }] }],
    [{ allowed: [null] }],
    [{ reserves: [] }],
    [{ cluster: 'prod' }],
    [{ cluster: ['etcd://192.0.2.1:2379/prod'] }],
    [{ reserved: ['10.0.0.0/8'], reserve: ['10.0.0.0/8'] }],
  ])('refuses %j, as the command does', (value) => {
    expect(judge(value)).toEqual({ read: false, schema: false })
  })
})
