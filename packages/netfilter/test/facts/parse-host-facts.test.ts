import { describe, expect, test } from '@jest/globals'
import { ParseError } from '../../src/error/index.ts'
import { type HostFacts, parseHostFacts } from '../../src/facts/index.ts'

const refusal = (text: string): ParseError => {
  try {
    parseHostFacts(text, 'host.json')
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
  throw new Error(`this was read without complaint: ${text}`)
}

const whole: HostFacts = {
  interfaces: [
    {
      name: 'eth0',
      index: 2,
      up: true,
      kind: 'veth',
      master: null,
      mtu: 1500,
      mac: '02:00:00:00:00:01',
      hairpin: false,
      isolated: false,
      nfCallIptables: false,
      nfCallIp6tables: false,
      alias: '',
      addresses: ['192.0.2.2/24', '2001:db8::2/64', '127.0.0.1/8', '0.0.0.0/0'],
    },
  ],
  routes: [
    {
      destination: '10.8.0.0/24',
      gateway: null,
      interface: 'wg0',
      table: 51820,
      type: 'unicast',
      scope: 'link',
      metric: 100,
      source: '192.0.2.2',
    },
    { destination: 'default', gateway: 'fe80::1', interface: null, source: null },
    { destination: '192.0.2.1' },
    { destination: '::/0' },
  ],
  rules: [
    { priority: 5209, table: 51820 },
    {
      family: 'ip6',
      from: '10.0.0.0/8',
      to: null,
      in: 'eth0',
      out: null,
      mark: 1,
      mask: 255,
      action: 'lookup',
      invert: true,
      suppressPrefixLength: 0,
      gotoPriority: 100,
      other: ['uidrange'],
    },
  ],
  nameservers: ['172.16.0.23', '2001:db8::53'],
  sockets: [
    { protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd' },
    { protocol: 'sctp', address: '::', port: 0, v6only: true, interface: null },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
  networks: [{ engine: 'podman', name: 'podman', subnets: ['10.88.0.0/16'], file: '/etc/x.json' }],
  machineId: '0123456789abcdef0123456789abcdef',
  unread: ['The sockets could not be read.'],
}

describe('facts of a host are read', () => {
  test.each<[string, HostFacts]>([
    ['of nothing', {}],
    ['of one key', { nameservers: ['10.0.0.2'] }],
    ['with a nameserver of one link', { nameservers: ['fe80::1%eth0'] }],
    ['of empty lists', { interfaces: [], routes: [], rules: [], sockets: [], networks: [], sysctls: {} }],
    ['of empty entries', { interfaces: [{}], routes: [{}], rules: [{}], sockets: [{}], networks: [{}] }],
    ['of every key', whole],
  ])('%s', (_, facts) => {
    expect(parseHostFacts(JSON.stringify(facts), 'host.json')).toEqual(facts)
  })

  test('with keys that are not known, which are kept', () => {
    const more = {
      future: { a: [1] },
      interfaces: [{ name: 'eth0', speed: 1000 }],
      constructor: 1,
      toString: 'x',
    }
    expect(parseHostFacts(JSON.stringify(more), 'host.json')).toEqual(more)
  })
})

describe('a text of something else is refused', () => {
  test('where it has keys, and none of a host: nothing would be known of the host it is taken for', () => {
    const message = (key: string): string =>
      `expected host facts, as \`portolan inspect\` prints them, but they have no key "${key}"`
    expect(refusal('{"nftables": []}').message).toContain(message('nftables'))
    expect(refusal('{"name": "shop", "version": "1"}').message).toContain(message('name'))
    expect(refusal('{\n  "nftables": []}')).toMatchObject({ line: 2, column: 3 })
  })
})

describe('a value of the wrong kind is refused with its path', () => {
  test.each<[unknown, string]>([
    [[], 'the whole file: expected an object, found []'],
    [null, 'the whole file: expected an object, found null'],
    [7, 'the whole file: expected an object, found 7'],
    [{ interfaces: {} }, 'interfaces: expected a list, found {}'],
    [{ interfaces: [null] }, 'interfaces[0]: expected an object, found null'],
    [
      { interfaces: [{}, { name: 7 }] },
      'interfaces[1].name: expected the name of an interface, of 1 to 15 bytes, found 7',
    ],
    [
      { interfaces: [{ name: 'x'.repeat(16) }] },
      'interfaces[0].name: expected the name of an interface, of 1 to 15 bytes, found "xxxxxxxxxxxxxxxx"',
    ],
    [
      { interfaces: [{ name: 'é'.repeat(8) }] },
      'interfaces[0].name: expected the name of an interface, of 1 to 15 bytes, found "éééééééé"',
    ],
    [
      { routes: [{ interface: '' }] },
      'routes[0].interface: expected the name of an interface, of 1 to 15 bytes, or null, found ""',
    ],
    [{ interfaces: [{ up: 'yes' }] }, 'interfaces[0].up: expected true or false, found "yes"'],
    [{ interfaces: [{ mtu: 1.5 }] }, 'interfaces[0].mtu: expected a whole number, found 1.5'],
    [{ interfaces: [{ master: 3 }] }, 'interfaces[0].master: expected a string or null, found 3'],
    [
      { interfaces: [{ addresses: ['192.0.2.2/24', '192.0.2.2'] }] },
      'interfaces[0].addresses[1]: expected an address with its prefix length, such as 192.0.2.2/24, found "192.0.2.2"',
    ],
    [
      { interfaces: [{ addresses: ['192.0.2.2/33'] }] },
      'interfaces[0].addresses[0]: expected an address with its prefix length, such as 192.0.2.2/24, found "192.0.2.2/33"',
    ],
    [
      { routes: [{ destination: 'anywhere' }] },
      'routes[0].destination: expected default or a prefix such as 10.0.0.0/8, found "anywhere"',
    ],
    [{ routes: [{ gateway: 'x' }] }, 'routes[0].gateway: expected an IP address or null, found "x"'],
    [{ rules: [{ family: 'inet' }] }, 'rules[0].family: expected one of ip, ip6, found "inet"'],
    [{ rules: [{ gotoPriority: 'x' }] }, 'rules[0].gotoPriority: expected a whole number, found "x"'],
    [
      { rules: [{ suppressPrefixLength: null }] },
      'rules[0].suppressPrefixLength: expected a whole number, found null',
    ],
    [{ rules: [{ other: [1] }] }, 'rules[0].other[0]: expected a string, found 1'],
    [{ nameservers: ['dns.example'] }, 'nameservers[0]: expected an IP address, found "dns.example"'],
    [{ nameservers: ['010.0.0.1'] }, 'nameservers[0]: expected an IP address, found "010.0.0.1"'],
    [
      { sockets: [{ protocol: 'icmp' }] },
      'sockets[0].protocol: expected one of tcp, udp, sctp, found "icmp"',
    ],
    [{ sockets: [{ port: 65536 }] }, 'sockets[0].port: expected a port from 0 to 65535, found 65536'],
    [{ sockets: [{ port: '22' }] }, 'sockets[0].port: expected a port from 0 to 65535, found "22"'],
    [{ sockets: [{ address: '*' }] }, 'sockets[0].address: expected an IP address, found "*"'],
    [{ sysctls: { a: 1 } }, 'sysctls.a: expected a string, found 1'],
    [{ sysctls: [] }, 'sysctls: expected an object, found []'],
    [
      { networks: [{ subnets: ['10.0.0.0/99'] }] },
      'networks[0].subnets[0]: expected a prefix such as 10.0.0.0/8, found "10.0.0.0/99"',
    ],
    [{ machineId: 1 }, 'machineId: expected a string, found 1'],
    [{ unread: 'x' }, 'unread: expected a list, found "x"'],
  ])('%j', (value, expected) => {
    expect(refusal(JSON.stringify(value)).message).toMatch(/^host\.json:1:\d+: /)
    expect(refusal(JSON.stringify(value)).fault).toBe(expected)
  })

  test('and does not print a page of it', () => {
    const { message, snippet } = refusal(JSON.stringify({ unread: 'x'.repeat(1000) }))
    expect(message.length).toBeLessThan(150)
    expect(snippet?.length).toBeLessThan(100)
  })
})

describe('a text that is no JSON is refused with its place', () => {
  test.each<[string, string, number, number, string]>([
    ['empty', '', 1, 1, 'the text ends too soon'],
    ['cut off', '{"nameservers": [', 1, 18, 'the text ends too soon'],
    ['cut off in a key', '{"nameservers"', 1, 15, 'the text ends too soon'],
    ['a word', 'hello', 1, 1, 'unexpected "h"'],
    ['a bare word', '{\n  "machineId": oops\n}\n', 2, 16, 'unexpected "o"'],
    ['a comma too many in an object', '{\n  "machineId": "x",\n}\n', 3, 1, 'unexpected "}"'],
    ['a comma too many in a list', '{"unread": [\n"a",\n]}', 3, 1, 'unexpected "]"'],
    ['a comma too few', '{\n  "unread": []\n  "rules": []\n}', 3, 3, 'unexpected "\\""'],
    ['single quotes', "{\n\n 'rules': []}", 3, 2, 'unexpected "\'"'],
    ['a comment', '{} // done', 1, 4, 'unexpected "/"'],
    ['the wrong bracket', '{"rules": [}', 1, 12, 'unexpected "}"'],
    ['a colon too few', '{"rules" []}', 1, 10, 'unexpected "["'],
  ])('%s', (_, text, line, column, found) => {
    const error = refusal(text)
    expect(error).toMatchObject({ source: 'host.json', line, column })
    expect(error.message).toBe(
      `host.json:${line}:${column}: expected host facts as JSON, as \`portolan inspect\` prints them: ${found}`,
    )
    expect(error.cause).toBeInstanceOf(SyntaxError)
  })

  test('and shows the line', () => {
    expect(refusal('{\n  "machineId": oops\n}\n').snippet).toBe('  "machineId": oops')
  })
})

describe('a misspelt key is refused with what was meant', () => {
  test.each([
    ['{"network": []}', 'the whole file: the key "network" is unknown: did you mean "networks"?'],
    [
      '{"nameserver": ["10.0.0.2"]}',
      'the whole file: the key "nameserver" is unknown: did you mean "nameservers"?',
    ],
    [
      '{"networks": [{"subnet": ["10.0.0.0/24"]}]}',
      'networks[0]: the key "subnet" is unknown: did you mean "subnets"?',
    ],
    [
      '{"interfaces": [{"adresses": []}]}',
      'interfaces[0]: the key "adresses" is unknown: did you mean "addresses"?',
    ],
  ])('%s', (text, message) => {
    expect(refusal(text).message).toContain(message)
  })

  test('and so is a misspelt engine, while one that is not known is a name', () => {
    expect(refusal('{"networks": [{"engine": "dokcer"}]}').message).toContain(
      'networks[0].engine: expected the name of an engine (cni, docker, libvirt, netplan, podman, systemd-networkd, tailscale), found "dokcer"',
    )
    expect(refusal('{"enginePools": [{"engine": "Docker"}]}').message).toContain('enginePools[0].engine')
    const facts = { networks: [{ engine: 'lxd', name: 'lxdbr0' }], somethingNew: [] }
    expect(parseHostFacts(JSON.stringify(facts), 'host.json')).toEqual(facts)
  })
})

describe('a fault in the content is placed where it stands', () => {
  test.each<[string, string, number, number]>([
    ['a value', '{"nameservers": ["10.0.0.2"],\n  "interfaces": [{}, {"name": 7}]}', 2, 31],
    ['a value behind text with brackets', '{"machineId": "}]{\\"",\n "unread": "x"}', 2, 12],
    ['a misspelt key', '{"interfaces": [\n  {"up": true, "nme": "eth0"}]}', 2, 16],
    ['a misspelt key of the file', '\n{ "route": [] }', 2, 3],
    ['the whole file', '\n []', 2, 2],
    ['behind a byte order mark', '\uFEFF{"unread": 5}', 1, 13],
    ['a key that is there twice', '{"routes": [],\n "unread": [],\n "routes": []}', 3, 2],
    ['a key that is there twice further in', '{"interfaces": [{"name": "a", "name": "b"}]}', 1, 31],
  ])('%s', (_, text, line, column) => {
    const { line: foundLine, column: foundColumn } = refusal(text)
    expect({ line: foundLine, column: foundColumn }).toEqual({ line, column })
  })

  test('a key that several objects have is there once', () => {
    const text =
      '{"interfaces": [{"name": "name"}, {"name": "b", "alias": "a,\\"name\\":"}], "unread": ["unread", "unread"]}'
    expect(parseHostFacts(text, 'host.json').interfaces).toHaveLength(2)
  })
})
