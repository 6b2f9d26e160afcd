import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping } from '@portolan/core'
import type { JournalChange } from '@portolan/host'
import { fromJson } from '../../../../../test/from-json.ts'
import { portsAsJson } from '../../../src/live/wanted/ports-as-json.ts'
import { withoutPort, withPort } from '../../../src/live/wanted/wanted-state.ts'

const targetsOf = (port: number): DesiredMapping['targets'] => [
  { service: 'wéb "1"', replica: 1, network: 'web', address: '10.1.0.2', port, weight: 1 },
]
const target = targetsOf(8080)

const port = (hostPort: number, also: Partial<DesiredMapping> = {}): DesiredMapping => ({
  label: `0.0.0.0:${hostPort}/tcp -> wéb "1":8080`,
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  targets: target,
  ...also,
})

const ports = (numbers: readonly number[], also: Partial<DesiredMapping> = {}): readonly JournalChange[] =>
  numbers.map((one) => withPort(port(one, also)))

const read = (bytes: Uint8Array | null): unknown =>
  bytes === null ? null : fromJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))

/** The entries that are read from it equal those read from the text of `JSON.stringify`. */
const listed = (changes: readonly JournalChange[]): unknown => changes.map(({ key, value }) => [key, value])

describe('ports as JSON', () => {
  test('are each as the one before with other digits, of one change or of many', () => {
    const asJson = portsAsJson()
    const many = ports([20_001, 20_002, 65_535, 10_000, 20_000])
    expect(read(asJson(many))).toEqual(listed(many))
    for (const one of [20_001, 54_321, 11_111]) {
      const alone = ports([one])
      expect(read(asJson(alone))).toEqual(listed(alone))
    }
  })

  test.each([
    { what: 'the port of the container', also: { targets: targetsOf(1234) }, numbers: [1234, 4321, 1111] },
    { what: 'the address of the host', also: { hostAddress: '10.0.0.80' }, numbers: [80, 81, 88] },
    { what: 'a port of one digit', also: {}, numbers: [8, 1, 3] },
  ])('have $what left as it is where that has the same digits', ({ also, numbers }) => {
    const changes = ports(numbers, also)
    expect(read(portsAsJson()(changes))).toEqual(listed(changes))
  })

  test('are of IPv6 and of UDP too', () => {
    const also = { family: 'ip6', protocol: 'udp', hostAddress: 'fd00::8080' } as const
    const changes = [8080, 8081, 9999].map((one) =>
      withPort(port(one, { ...also, label: `[fd00::8080]:${one}/udp -> web:8080` })),
    )
    expect(read(portsAsJson()(changes))).toEqual(listed(changes))
  })

  test('are left to JSON.stringify where they are not alike', () => {
    const unlike: readonly (readonly JournalChange[])[] = [
      [],
      // With another number of digits, or a label that is not made from the port.
      ports([20_001, 9_999]),
      [...ports([20_001]), withPort(port(20_002, { label: 'another' }))],
      [...ports([20_001]), withPort(port(20_002, { label: '0.0.0.0:20003/tcp -> wéb "1":8080' }))],
      [...ports([20_001]), ...ports([20_002], { protocol: 'udp' })],
      [...ports([20_001]), ...ports([20_002], { targets: targetsOf(8080) })],
      [...ports([20_001]), ...ports([20_002], { allowFrom: ['10.0.0.0/8'] })],
      [...ports([20_001]), ...ports([20_002], { kind: 'direct' })],
      ports([20_001, 20_002], { kind: 'direct' }),
      [...ports([20_001]), withoutPort(port(20_002))],
      [withoutPort(port(20_001))],
      [...ports([20_001]), { key: 'backend []', value: 'nftables' }],
      [{ key: 'backend []', value: 'nftables' }],
      [...ports([20_001]), { key: 'port ["ip tcp * 20003"]', value: port(20_002) }],
    ]
    for (const changes of unlike) {
      const asJson = portsAsJson()
      expect(asJson(ports([20_004, 20_005, 20_006]))).not.toBeNull()
      expect(asJson(changes)).toBeNull()
    }
  })

  test('are so from the third in a row on, and stay so while others come between', () => {
    const asJson = portsAsJson()
    const udp = ports([20_001], { protocol: 'udp' })
    expect(asJson(ports([20_001]))).toBeNull()
    expect(asJson(ports([20_002]))).toBeNull()
    for (const one of [20_003, 20_004, 20_005]) {
      expect(read(asJson(ports([one])))).toEqual(listed(ports([one])))
      expect(asJson(udp)).toBeNull()
      expect(asJson([{ key: 'backend []', value: 'nftables' }])).toBeNull()
      if (one === 20_003) expect(asJson(ports([20_009]))).not.toBeNull()
      if (one === 20_004) expect(asJson(ports([20_009], { targets: targetsOf(90) }))).toBeNull()
    }
  })

  test('are left to it too where each is of another container: what could be used again never is', () => {
    const asJson = portsAsJson()
    for (const one of [20_001, 20_002, 20_003])
      expect(asJson(ports([one], { targets: targetsOf(80) }))).toBeNull()
  })
})
