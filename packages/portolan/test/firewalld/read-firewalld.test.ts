import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { busPath } from '../../src/firewalld/bus/bus-connection.ts'
import { callBytes, takeMessage } from '../../src/firewalld/bus/bus-message.ts'
import { BusReader } from '../../src/firewalld/bus/bus-value.ts'
import { readFirewalld } from '../../src/firewalld/read-firewalld.ts'
import { type Answer, type AskedCall, openBusDouble } from './bus-double.ts'

/** A firewall-cmd that answers by its arguments. Arguments that are not listed get an empty answer. */
const firewalld = (answers: Readonly<Record<string, string>>): Runner => ({
  run: async (_, words) => ({ exitCode: 0, stdout: answers[words.join(' ')] ?? '', stderr: '' }),
})

const unsavedOf = async (answers: Readonly<Record<string, string>>): Promise<string | null | undefined> =>
  (await readFirewalld(firewalld(answers)))?.unsaved

test('the priority of a policy is what its permanent configuration says', async () => {
  const answers = { '--permanent --list-all-policies': 'bans (active)\n  priority: -7\n  target: DROP\n' }
  expect([...((await readFirewalld(firewalld(answers)))?.priorities ?? [])]).toEqual([['bans', -7]])
})

/** A firewall-cmd on a host where firewalld does not run. */
const notRunning = (programs: string[]): Runner => ({
  run: async (program) => {
    programs.push(program)
    return { exitCode: 252, stdout: '', stderr: 'FirewallD is not running' }
  },
})

/** A bus that has only one policy, of Portolan's. */
const policyOnBus = ({ path, member, words }: AskedCall): Answer => {
  const settings = {
    ...{ description: { type: 's', data: 'Portolan' }, priority: { type: 'i', data: 30_000 } },
    ports: { type: 'a(ss)', data: [['80', 'tcp']] },
  }
  const answers: Readonly<Record<string, readonly [type: string, data: unknown]>> = {
    getAllRules: ['a(sssias)', []],
    getAllPassthroughs: ['a(sas)', []],
    getPolicies: ['as', ['pl-web']],
    listPolicies: ['ao', ['/policy/0']],
    Get: ['v', { type: 's', data: path === '/policy/0' && words[1] === 'name' ? 'pl-web' : '' }],
    getPolicySettings: ['a{sv}', settings],
    getSettings: ['a{sv}', settings],
  }
  const [type, data] = answers[member] ?? [member.startsWith('list') ? 'ao' : 'as', []]
  return { type, data }
}

describe('firewalld is asked over D-Bus', () => {
  test('and firewall-cmd is not started', async () => {
    await using bus = await openBusDouble(policyOnBus)
    const programs: string[] = []
    expect(await readFirewalld(notRunning(programs), bus.path)).toEqual({
      foreignPolicies: [],
      priorities: new Map([['pl-web', 30_000]]),
      unsaved: null,
    })
    expect(programs).toEqual([])
    const [hello, ...asked] = bus.asked
    expect(hello).toMatchObject({ destination: 'org.freedesktop.DBus', member: 'Hello' })
    expect(new Set(asked.map(({ destination }) => destination))).toEqual(
      new Set(['org.fedoraproject.FirewallD1']),
    )
    expect(asked).toContainEqual({
      destination: 'org.fedoraproject.FirewallD1',
      path: '/org/fedoraproject/FirewallD1',
      interface: 'org.fedoraproject.FirewallD1.policy',
      member: 'getPolicySettings',
      words: ['pl-web'],
    })
  })

  test('though it has more zones than a client may ask for at once', async () => {
    const zones = Array.from({ length: 200 }, (_, at) => `zone-${at}`)
    const settings = (ports: readonly (readonly string[])[]): Answer => ({
      type: 'a{sv}',
      data: { masquerade: { type: 'b', data: true }, ports: { type: 'a(ss)', data: ports } },
    })
    await using bus = await openBusDouble((call) => {
      const { member, path, words } = call
      if (member === 'getZones') return { type: 'as', data: zones }
      if (member === 'listZones') return { type: 'ao', data: zones.map((name) => `/zone/${name}`) }
      if (member === 'Get' && path.startsWith('/zone/'))
        return { type: 'v', data: { type: 's', data: path.slice('/zone/'.length) } }
      if (member === 'getZoneSettings2') return settings(words[0] === 'zone-150' ? [['7000', 'udp']] : [])
      return member === 'getSettings2' ? settings([]) : policyOnBus(call)
    })
    expect((await readFirewalld(notRunning([]), bus.path))?.unsaved).toBe(
      'ports 7000/udp of zone zone-150 is set at run time only',
    )
  })

  const cutOff = Buffer.from('6c02000108000000070000000000000001000000ffffffff', 'hex')
  test.each<[string, Answer, string | undefined]>([
    ['firewalld is not on the bus', { error: 'org.freedesktop.DBus.Error.ServiceUnknown' }, undefined],
    ['an answer has another type', { type: 'b', data: 1 }, undefined],
    ['an answer is no message', { bytes: Buffer.alloc(64, 'x') }, undefined],
    ['an answer is longer than any message', { bytes: Buffer.from(cutOff).fill(0xff, 4, 8) }, undefined],
    ['the bus lets this user not in', null, 'REJECTED EXTERNAL'],
  ])('and firewall-cmd where %s, twice where firewalld does not run', async (_, answer, letsIn) => {
    await using bus = await openBusDouble(() => answer, letsIn)
    const programs: string[] = []
    expect(await readFirewalld(notRunning(programs), bus.path)).toBeNull()
    expect(programs).toEqual(['firewall-cmd', 'firewall-cmd'])
  })

  test('and firewall-cmd where there is no bus, and where programs are started elsewhere', async () => {
    for (const bus of ['/no/such/socket', undefined]) {
      const programs: string[] = []
      expect(await readFirewalld(notRunning(programs), bus)).toBeNull()
      expect(programs).toEqual(['firewall-cmd', 'firewall-cmd'])
    }
  })
})

describe('a message of the bus', () => {
  const string = (text: string): string => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return `${length.toString('hex')}${bytes.toString('hex')}00`
  }

  test('that calls a method has the bytes of the specification', () => {
    const call = { destination: 'a.b', path: '/p', interface: 'i.f', member: 'M', words: ['ä'] }
    const fields = [
      `01016f00${string('/p')}0000000000`,
      `02017300${string('i.f')}00000000`,
      `03017300${string('M')}000000000000`,
      `06017300${string('a.b')}00000000`,
      '08016700017300',
    ].join('')
    const head = `6c010201${'07000000'}${'09000000'}${'47000000'}`
    expect(callBytes(call, 9).toString('hex')).toBe(`${head}${fields}00${string('ä')}`)
  })

  test.each([
    ['little', true],
    ['big', false],
  ])('is read in the order of %s-endian machines, as soon as it is whole', (_, isLittle) => {
    const number = (value: number): string => {
      const bytes = Buffer.alloc(4)
      if (isLittle) bytes.writeUInt32LE(value)
      else bytes.writeUInt32BE(value)
      return bytes.toString('hex')
    }
    const fields = `050175${'00'}${number(9)}08016700026173${'00'}`
    const body = `${number(13)}${number(3)}${Buffer.from('one\0').toString('hex')}${number(0)}`
    const whole = Buffer.from(
      `${isLittle ? '6c' : '42'}020001${number(17)}${number(7)}${number(fields.length / 2)}${fields}${body}00`,
      'hex',
    )
    for (let length = 0; length < whole.length; length += 1)
      expect(takeMessage(whole.subarray(0, length))).toBeNull()
    const taken = takeMessage(Buffer.concat([whole, Buffer.from([0x6c])]))
    expect(taken?.message).toEqual({
      ...{ kind: 'reply', answers: 9, errorName: null, signature: 'as', values: [['one', '']] },
    })
    expect(taken?.rest).toHaveLength(1)
  })

  test('that ends before its values do is refused', () => {
    for (const [type, hex] of [
      ['s', '0500000061'],
      ['as', '080000000100000061'],
      ['v', '0173000500000061'],
      ['u', '0000'],
    ] as const)
      expect(() => new BusReader(Buffer.from(hex, 'hex'), true).read(type)).toThrow('cut off')
    expect(() => new BusReader(Buffer.alloc(16), true).read('z')).toThrow('has the type z')
    for (const empty of ['()', '('])
      expect(() => new BusReader(Buffer.from('0800000000000000', 'hex'), true).read(`a${empty}`)).toThrow(
        `has the type ${empty}`,
      )
  })
})

test.each([
  [undefined, '/run/dbus/system_bus_socket'],
  ['unix:path=/run/bus', '/run/bus'],
  ['tcp:host=a,port=1;unix:guid=0,path=/run/bus', '/run/bus'],
  ['unix:abstract=/tmp/bus', null],
])('the bus of the system for the address %s', (address, path) => {
  expect(busPath(address)).toBe(path)
})

describe('what a reload of firewalld would drop', () => {
  test('is a port that a zone has at run time only, whatever the zone is called', async () => {
    const zone = (name: string, ports: string): string => `${name}\n  target: default\n  ports: ${ports}\n`
    for (const name of ['public', 'pl-office']) {
      const answers = {
        '--list-all-zones': zone(name, '8080/tcp'),
        '--permanent --list-all-zones': zone(name, ''),
      }
      expect(await unsavedOf(answers)).toBe(`ports 8080/tcp of zone ${name} is set at run time only`)
    }
  })
  test('is a rule that a foreign policy has at run time only, though it is called as one of ours', async () => {
    const policy = (rule: string): string => `pl-web (active)\n  priority: -1\n  rich rules: \n${rule}`
    const answers = {
      '--list-all-policies': policy('\trule family="ipv4" drop\n'),
      '--permanent --list-all-policies': policy(''),
    }
    expect(await unsavedOf(answers)).toBe(
      'rich rule rule family="ipv4" drop of policy pl-web is set at run time only',
    )
    expect(
      await unsavedOf({ ...answers, '--permanent --policy=pl-web --get-description': 'Portolan\n' }),
    ).toBeNull()
  })
  test('is nothing where the two configurations are one', async () => {
    expect(await unsavedOf({})).toBeNull()
  })
})
