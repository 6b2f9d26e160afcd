// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { mappings, notes, read, refusal } from './read.ts'

const withPorts = (ports: string): string =>
  `services:\n  web:\n    ports:\n${ports.replace(/^/gm, '      ')}`

describe('ports are read as people write them', () => {
  test.each([
    ['a number', '- 80', ['80']],
    ['an unquoted mapping', '- 8080:80', ['8080:80']],
    ['a mapping that YAML 1.1 takes for base 60', '- 22:22', ['22:22']],
    ['double quotes', '- "8080:80"', ['8080:80']],
    ['single quotes', "- '8080:80'", ['8080:80']],
    ['a folded block', '- >-\n  8080:80', ['8080:80']],
    ['a protocol in capitals', '- 53:53/UDP', ['53:53/udp']],
    ['IPv6', '- "[::1]:8080:80"', ['[::1]:8080:80']],
    ['the same twice', '- 80:80\n- "80:80"\n- {target: 80, published: 80}', ['80:80']],
    ['the same port of two protocols', '- 53:53\n- 53:53/udp', ['53:53', '53:53/udp']],
    [
      'long syntax',
      '- target: 80\n  published: "8080"\n  host_ip: 127.0.0.1\n  protocol: udp\n  mode: host',
      ['127.0.0.1:8080:80/udp'],
    ],
    ['long syntax with a number', '- {target: 80, published: 8080}', ['8080:80']],
    [
      'long syntax with words',
      '- {target: "80", published: "8080", name: http, app_protocol: http, mode: ingress}',
      ['8080:80'],
    ],
    ['long syntax with a range', '- {target: 80, published: "8000-8010"}', ['8000-8010:80']],
    ['long syntax without a host port', '- {target: 80}', ['80']],
    ['long syntax with an empty host port', '- {target: 80, published: ""}', ['80']],
    ['port 0 on the host, which is any free port', '- "0:80"', ['80']],
    ['long syntax with port 0 on the host', '- {target: 80, published: 0}', ['80']],
    ['long syntax, IPv6 in brackets', '- {target: 80, published: 80, host_ip: "[::]"}', ['[::]:80:80']],
    ['every IPv4 address', '- 0.0.0.0:80:80', ['0.0.0.0:80:80']],
    ['an IPv4-mapped address', '- "[::ffff:127.0.0.1]:80:80"', ['127.0.0.1:80:80']],
    ['an empty list', '[]', []],
  ])('%s', (_, ports, expected) => {
    expect(mappings(withPorts(ports))).toEqual(expected.map((text) => `web#1 default ${text}`))
  })

  test("the Compose Specification's own examples are read, each", () => {
    const text = withPorts(`- "3000"
- "3000-3005"
- "8000:8000"
- "9090-9091:8080-8081"
- "49100:22"
- "8000-9000:80"
- "127.0.0.1:8001:8001"
- "127.0.0.1:5000-5010:5000-5010"
- "[::1]:6000:6000"
- "[::1]:6001:6001"
- "6060:6060/udp"`)
    expect(mappings(text)).toHaveLength(11)
    expect(notes(text)).toEqual([])
  })
})

describe('what Compose cannot say', () => {
  test('stands under x-portolan of a port in the long syntax', () => {
    const text = withPorts(
      '- target: 80\n  published: 80\n  x-portolan:\n    allow_from: [192.0.2.7, 2001:DB8::/32, 10.0.0.0/8]\n    interface: eth0\n    weight: 3',
    )
    expect(read(text).mappings).toMatchObject([
      { allowFrom: ['192.0.2.7/32', '2001:db8::/32', '10.0.0.0/8'], interface: 'eth0', weight: 3 },
    ])
  })

  test('one prefix needs no list, and an empty list allows no other machine', () => {
    const one = withPorts('- {target: 80, x-portolan: {allow_from: 10.0.0.0/8}}')
    const none = withPorts('- {target: 80, x-portolan: {allow_from: []}}')
    expect([...read(one).mappings, ...read(none).mappings].map(({ allowFrom }) => allowFrom)).toEqual([
      ['10.0.0.0/8'],
      [],
    ])
  })

  test('host bits of an allowed prefix are cleared, and that is said', () => {
    const text = withPorts('- {target: 80, x-portolan: {allow_from: [10.1.2.3/8]}}')
    expect(read(text).mappings).toMatchObject([{ allowFrom: ['10.0.0.0/8'] }])
    expect(notes(text)).toEqual([
      '4:48 services.web.ports[0].x-portolan.allow_from: 10.1.2.3/8 is taken as 10.0.0.0/8, its host bits cleared',
    ])
  })
})

describe('entries of one file for one port', () => {
  const ours = (text: string) => `- {target: 80, published: 9000, x-portolan: {${text}}}`
  const told = (...entries: readonly string[]) =>
    read(withPorts(entries.join('\n'))).mappings.map(({ interface: name, allowFrom, weight }) =>
      [name, allowFrom, weight].filter((part) => part !== null).join(' '),
    )

  test.each<[string, readonly string[], readonly string[]]>([
    ['are two by two interfaces', ['interface: eth0', 'interface: eth1'], ['eth0', 'eth1']],
    [
      'are two when they let in others, which is a conflict and no silent choice',
      ['allow_from: [10.0.0.0/8]', 'allow_from: [192.168.0.0/16]'],
      ['10.0.0.0/8', '192.168.0.0/16'],
    ],
    ['are two by two weights', ['weight: 1', 'weight: 2'], ['1', '2']],
    [
      'are one when they say the same in another order',
      ['allow_from: [10.0.0.0/8, 192.168.0.0/16]', 'allow_from: [192.168.0.0/16, 10.0.0.0/8]'],
      ['192.168.0.0/16,10.0.0.0/8'],
    ],
  ])('%s', (_, entries, expected) => {
    expect(told(...entries.map(ours))).toEqual(expected)
  })
})

describe('a port is refused, with its place inside the text', () => {
  test.each([
    ['port 0', '- "8080:0"', /4:15: services\.web\.ports\[0\]: container port 0 does not exist/],
    ['a port too large', '- 80:70000', /4:12: .*70000 is too large/],
    ['a backwards range', '- 8010-8000:80', /4:9: .*runs backwards/],
    [
      'ranges of different length',
      "- '8000-8002:80-81'",
      /4:10: .*8000-8002 is 3 ports and 80-81 is 2 ports/,
    ],
    ['an unknown protocol', '- 80:80/http', /4:15: .*expected the protocol tcp, udp or sctp/],
    ['a host name', '- localhost:80:80', /4:9: .*host names are not looked up/],
    ['a list', '- [80]', /4:9: .*expected a port mapping such as "8080:80", found a list/],
    ['nothing', '-', /found nothing/],
    ['a fraction', '- 80.5', /found "80\.5"/],
    ['no target', '- {published: 80}', /4:9: .*expected a `target`/],
    [
      'a typo in the long syntax',
      '- {target: 80, publish: 80}',
      /4:22: .*unknown key "publish", expected one of target, published,/,
    ],
    ['a target of zero', '- {target: 0}', /target: container port 0 does not exist/],
    ['an odd host_ip', '- {target: 80, host_ip: eth0}', /host_ip: expected an IPv4 address/],
    ['an odd protocol', '- {target: 80, protocol: icmp}', /protocol: expected the protocol/],
    [
      'a published range that does not fit',
      '- {target: 80-82, published: 80-81}',
      /80-81 is 2 ports and 80-82 is 3 ports/,
    ],
    [
      'allow_from without a value',
      '- {target: 80, x-portolan: {allow_from: }}',
      /4:35: .*expected a list of prefixes; `\[\]` is no other machine/,
    ],
    [
      'allow_from of IPv4-mapped addresses',
      "- {target: 80, x-portolan: {allow_from: ['::ffff:10.0.0.0/104']}}",
      /no packet has an IPv4-mapped address such as "::ffff:10\.0\.0\.0\/104": write 10\.0\.0\.0\/8/,
    ],
    [
      'allow_from with a name',
      '- {target: 80, x-portolan: {allow_from: [office]}}',
      /expected an address or a prefix such as 192\.0\.2\.0\/24, found "office"/,
    ],
    [
      'allow_from emptied by a variable',
      '- {target: 80, x-portolan: {allow_from: ["${OFFICE}"]}}',
      /expected an address or a prefix/,
    ],
    [
      'a weight of zero',
      '- {target: 80, x-portolan: {weight: 0}}',
      /weight: expected a whole number from 1 to 65535, found "0"/,
    ],
    ['half a weight', '- {target: 80, x-portolan: {weight: 0.5}}', /weight: expected a whole number/],
    [
      'an odd interface',
      '- {target: 80, x-portolan: {interface: "eth0; reboot"}}',
      /"eth0; reboot" is no interface name/,
    ],
    [
      'the word all in place of an interface',
      '- {target: 80, x-portolan: {interface: all}}',
      /"all" is no interface name: the kernel keeps this name .* or no `interface` for all of them/,
    ],
    [
      'the word default in place of an interface',
      '- {target: 80, x-portolan: {interface: default}}',
      /"default" is no interface name: the kernel keeps this name .*net\.ipv4\.conf\.default/,
    ],
    [
      'a typo under x-portolan',
      '- {target: 80, x-portolan: {allow: []}}',
      /unknown key "allow", expected one of allow_from,/,
    ],
  ])('%s', (_, ports, message) => {
    expect(refusal(withPorts(ports))).toMatch(message)
    expect(refusal(withPorts(ports))).toMatch(/^IntentError compose\.yaml:\d+:\d+: /)
  })
})

describe('variables in ports', () => {
  test('come from the environment first, then from .env', () => {
    const options = { environment: { A: '1', B: undefined }, dotenv: { A: '2', B: '3', C: '' } }
    expect(mappings(withPorts('- ${A}:80\n- "$B:80"\n- ${C:-4}:80\n- ${D-5-6}:80'), options)).toEqual(
      ['1:80', '3:80', '4:80', '5-6:80'].map((text) => `web#1 default ${text}`),
    )
  })

  test('that are not set are noted once, where they are first used', () => {
    const text = withPorts('- "${WEB}:80"\n- "${WEB}:81"')
    expect(mappings(text)).toEqual(['web#1 default 80', 'web#1 default 81'])
    expect(notes(text)).toEqual(['4:9 the variable WEB is not set: an empty string stands in for it'])
  })

  test('that are needed are an error with the words given', () => {
    expect(refusal(withPorts('- "${WEB:?choose a port}:80"'))).toBe(
      'IntentError compose.yaml:4:10: services.web.ports[0]: the variable WEB has no value: choose a port',
    )
  })

  test('that hold nonsense are an error at the text that uses them', () => {
    expect(refusal(withPorts('- ${WEB}:80'), { environment: { WEB: 'x' } })).toMatch(/4:9: .*found "x"/)
  })

  test('may be the name of the project itself', () => {
    expect(
      read(
        'services: {web: {networks: {n: }}}\nnetworks: {n: {external: true, name: "${COMPOSE_PROJECT_NAME}_x"}}',
      ),
    ).toMatchObject({ networks: [{ externalName: 'shop_x' }] })
  })
})
