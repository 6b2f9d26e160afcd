import { describe, expect, test } from '@jest/globals'
import {
  adopt,
  applyTo,
  compile,
  diff,
  emptyRuleset,
  heldChains,
  parse,
  print,
  restoreText,
} from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'

const before = compile(desiredState([mapping(8080)]))

const read = (text: string) => parse(text, 'text', 'ip')

describe('diff', () => {
  test('of one mapping more is one line', () => {
    const changes = diff(before, compile(desiredState([mapping(8080), mapping(8081)])))
    expect(changes).toEqual([
      expect.objectContaining({
        action: 'add',
        object: 'rule in nat PORTOLAN-DNAT (IPv4)',
        description: 'Add to nat PORTOLAN-DNAT (IPv4): demo/0.0.0.0:8081/tcp -> nginx:80.',
        before: null,
        after: expect.stringMatching(/^-A PORTOLAN-DNAT -p tcp -m tcp --dport 8081 .*:80$/),
        reverse: expect.stringMatching(/^iptables -t nat -D PORTOLAN-DNAT -p tcp -m tcp --dport 8081 /),
      }),
    ])
    expect(restoreText(changes, 'ip')).toBe(`*nat\n${changes[0]?.after}\nCOMMIT\n`)
    expect(restoreText(changes, 'ip6')).toBe('')
  })

  test('puts a rule where it belongs, not at the end', () => {
    const changes = diff(before, compile(desiredState([mapping(80), mapping(8080)])))
    expect(restoreText(changes, 'ip')).toMatch(/^\*nat\n-I PORTOLAN-DNAT 1 -p tcp -m tcp --dport 80 /)
  })

  test('forbids first and allows last, whatever comes and goes', () => {
    const after = compile(desiredState([mapping(8080, { allowFrom: [] })], { networks: [network('db', 2)] }))
    const tables = restoreText(diff(before, after), 'ip')
      .split('\n')
      .filter((line) => line.startsWith('*'))
    expect(tables).toEqual(['*mangle', '*filter', '*nat', '*mangle'])
    expect(
      restoreText(diff(before, emptyRuleset), 'ip')
        .split('\n')
        .filter((line) => line.startsWith('*')),
    ).toEqual(['*filter', '*nat', '*mangle'])
  })

  test('takes chains away after everything that refers to them', () => {
    const text = restoreText(diff(before, emptyRuleset), 'ip').split('\n')
    expect(text.findLastIndex((line) => line.startsWith('-D PREROUTING'))).toBeLessThan(
      text.findLastIndex((line) => line.startsWith('-F')),
    )
    const mangle = text.slice(text.indexOf('*mangle'))
    expect(mangle.findLastIndex((line) => line.startsWith('-F'))).toBeLessThan(
      mangle.findIndex((line) => line.startsWith('-X')),
    )
  })

  test('of a host with rules of before flows that have begun passed first is that rule, ahead of the others', () => {
    const saved = print(before, 'iptables-save')
    const passes = /^-A (PORTOLAN-FORWARD) (.* --ctstate ESTABLISHED .*)\n/m
    const [line = '', chain, rule] = passes.exec(saved) ?? []
    const changes = diff(read(saved.replace(line, '')), before)
    expect(restoreText(changes, 'ip')).toBe(`*mangle\n-I ${chain} 1 ${rule}\nCOMMIT\n`)
  })

  test('of rules that an older version wrote guards loopback addresses where packets reach the host, in one transaction', () => {
    const note = '-m comment --comment'
    const fromBridge = `-i br-web ${note} "demo/web: from our bridge"`
    const older = print(before, 'iptables-save')
      .replace(/^.*PORTOLAN-(INPUT|LOOPBACK).*\n/gm, '')
      .replace(':PORTOLAN-BETWEEN', ':PORTOLAN-PRE - [0:0]\n:PORTOLAN-PRE-OWN - [0:0]\n:PORTOLAN-BETWEEN')
      .replace(
        'COMMIT',
        [
          `-A PREROUTING ${note} portolan -j PORTOLAN-PRE`,
          `-A PORTOLAN-PRE ${fromBridge} -g PORTOLAN-PRE-OWN`,
          '-A PORTOLAN-PRE-OWN -s 127.0.0.0/8 -j DROP',
          '-A PORTOLAN-PRE-OWN -d 127.0.0.0/8 -j DROP',
          'COMMIT',
        ].join('\n'),
      )
    const found = read(older)
    // Another project is planned. This one has the rules of an older version.
    const upgraded = adopt(found, null, 'other')
    expect(upgraded).toEqual(before)
    const text = restoreText(diff(found, upgraded), 'ip')
    expect(text.match(/COMMIT/g)).toHaveLength(1)
    expect(text).toContain(`-A PORTOLAN-INPUT ${fromBridge} -g PORTOLAN-LOOPBACK\n`)
    expect(text).toContain('\n-I PORTOLAN-BETWEEN 1 -j PORTOLAN-LOOPBACK\n')
    expect(text).toContain('\n-X PORTOLAN-PRE-OWN\n')
  })

  test('moves a jump to the front of a chain where a foreign rule stands before it', () => {
    const saved = print(before, 'iptables-save')
    const jump = '-A FORWARD -m comment --comment portolan -j PORTOLAN-FORWARD\n'
    const foreign = '-A FORWARD -p udp -j ACCEPT\n'
    const behind = read(saved.replace(jump, `${foreign}${jump}`))
    const changes = diff(behind, before)
    expect(changes).toEqual([
      expect.objectContaining({
        action: 'change',
        object: 'rule in mangle FORWARD (IPv4)',
        description:
          'Move the jump to PORTOLAN-FORWARD to the front of mangle FORWARD (IPv4). Foreign rules stand before it, and what they accept never reaches it.',
        before: '-A FORWARD -m comment --comment portolan -j PORTOLAN-FORWARD (rule 2)',
        after: '-A FORWARD -m comment --comment portolan -j PORTOLAN-FORWARD (rule 1)',
        reverse:
          'iptables -t mangle -D FORWARD -m comment --comment portolan -j PORTOLAN-FORWARD && iptables -t mangle -I FORWARD 2 -m comment --comment portolan -j PORTOLAN-FORWARD',
      }),
    ])
    // One COMMIT, so that the kernel never has the chain without the jump.
    expect(restoreText(changes, 'ip')).toBe(
      `*mangle\n-D FORWARD ${jump.slice(11)}-I FORWARD 1 ${jump.slice(11)}COMMIT\n`,
    )
    const moved = applyTo(behind, changes)
    expect(print(moved, 'iptables-save')).toBe(saved.replace(jump, `${jump}${foreign}`))
    expect(diff(moved, before)).toEqual([])
  })

  test('moves our accepts behind foreign rules that may refuse packets, by themselves or in a chain', () => {
    const saved = print(before, 'iptables-save')
    const jump = '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT\n'
    const chains = ':ufw-deny - [0:0]\n:ufw-more - [0:0]\n:ufw-log - [0:0]\n'
    const inside = '-A ufw-deny -g ufw-more\n-A ufw-more -j REJECT\n-A ufw-log -j LOG\n-A ufw-log -j RETURN\n'
    const filled = (front: string, behind: string) =>
      read(
        saved.replace('*filter\n', `*filter\n${chains}`).replace(jump, `${front}${jump}${behind}${inside}`),
      )
    const refusals = [
      '-A FORWARD -s 203.0.113.9/32 -j DROP\n',
      '-A FORWARD -j ufw-deny\n',
      '-A FORWARD -p tcp -j NFQUEUE --queue-num 1\n',
    ]
    for (const refusal of refusals) {
      const actual = filled('-A FORWARD -p udp -j ACCEPT\n', `${refusal}-A FORWARD -j LOG\n`)
      const changes = diff(actual, before)
      expect(changes).toEqual([
        expect.objectContaining({
          action: 'change',
          object: 'rule in filter FORWARD (IPv4)',
          description:
            'Move the jump to PORTOLAN-ACCEPT to the end of filter FORWARD (IPv4). Foreign rules stand behind it, and what it accepts never reaches them.',
          before: '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT (rule 2)',
          after: '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT (rule 4)',
          reverse:
            'iptables -t filter -D FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT && iptables -t filter -I FORWARD 2 -m comment --comment portolan -j PORTOLAN-ACCEPT',
        }),
      ])
      expect(restoreText(changes, 'ip')).toBe(
        `*filter\n-D FORWARD ${jump.slice(11)}-I FORWARD 4 ${jump.slice(11)}COMMIT\n`,
      )
      const moved = applyTo(actual, changes)
      expect(print(moved, 'iptables-save')).toBe(
        print(filled(`-A FORWARD -p udp -j ACCEPT\n${refusal}-A FORWARD -j LOG\n`, ''), 'iptables-save'),
      )
      expect(diff(moved, before)).toEqual([])
    }
    // What lets packets go on overrules nothing of ours, and is not overruled.
    const harmless = ['-j LOG', '-j ACCEPT', '-j RETURN', '-j ufw-log', '-p tcp'].map(
      (words) => `-A FORWARD ${words}\n`,
    )
    expect(diff(filled('', harmless.join('')), before)).toEqual([])
  })

  test('moves the jumps of mangle and nat, and leaves the last one of filter where only accepts stand behind it', () => {
    const saved = print(before, 'iptables-save')
    const everywhere = read(
      saved.replaceAll(
        /^(-A (?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)) .*$/gm,
        '$1 -j ACCEPT\n$&\n$1 -j ACCEPT',
      ),
    )
    expect(
      diff(everywhere, before).map(({ operation: { kind, table, chain } }) => `${kind} ${table} ${chain}`),
    ).toEqual([
      'move-rule mangle INPUT',
      'move-rule mangle FORWARD',
      'move-rule nat PREROUTING',
      'move-rule nat OUTPUT',
      'move-rule nat POSTROUTING',
    ])
  })

  test('mends a missing or doubled jump, behind a foreign rule too', () => {
    const saved = print(before, 'iptables-save')
    const jump = '-A FORWARD -m comment --comment portolan -j PORTOLAN-FORWARD\n'
    const doubled = read(saved.replace(jump, `${jump}${jump}`))
    expect(restoreText(diff(doubled, before), 'ip')).toBe('*mangle\n-D FORWARD 2\nCOMMIT\n')
    expect(diff(applyTo(doubled, diff(doubled, before)), before)).toEqual([])
    const missing = read(saved.replace(jump, '-A FORWARD -j ACCEPT\n'))
    expect(restoreText(diff(missing, before), 'ip')).toBe(`*mangle\n-I FORWARD 1 ${jump.slice(11)}COMMIT\n`)
    const behind = read(saved.replace(jump, `-A FORWARD -j ACCEPT\n${jump}-A FORWARD -p udp\n${jump}`))
    const mended = applyTo(behind, diff(behind, before))
    expect(print(mended, 'iptables-save')).toBe(
      saved.replace(jump, `${jump}-A FORWARD -j ACCEPT\n-A FORWARD -p udp\n`),
    )
    expect(diff(mended, before)).toEqual([])
  })

  test('keeps a chain that goes, empty, as long as a rule of others leads to it', () => {
    const saved = print(before, 'iptables-save').replace('*filter\n', '*filter\n:DOCKER-USER - [0:0]\n')
    const actual = read(
      saved.replace(
        '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT\n',
        '-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j PORTOLAN-ACCEPT\n-A DOCKER-USER -j RETURN\n',
      ),
    )
    expect(diff(actual, before).map((change) => change.after)).toEqual([
      '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT',
    ])
    const left = applyTo(actual, diff(actual, emptyRuleset))
    const lines = print(left, 'iptables-save').split('\n')
    expect(lines.filter((line) => line.includes('PORTOLAN'))).toEqual([
      ':PORTOLAN-ACCEPT - [0:0]',
      '-A DOCKER-USER -j PORTOLAN-ACCEPT',
    ])
    expect(lines).toEqual(expect.arrayContaining(['-A DOCKER-USER -j RETURN', '-A FORWARD -j DOCKER-USER']))
    expect(heldChains(left)).toEqual([
      {
        family: 'ip',
        table: 'filter',
        chain: 'DOCKER-USER',
        text: '-A DOCKER-USER -j PORTOLAN-ACCEPT',
        to: 'PORTOLAN-ACCEPT',
      },
    ])
    expect(diff(left, emptyRuleset)).toEqual([])
    const freed = read(print(left, 'iptables-save').replace('-A DOCKER-USER -j PORTOLAN-ACCEPT\n', ''))
    expect(restoreText(diff(freed, emptyRuleset), 'ip')).toContain('-X PORTOLAN-ACCEPT')
  })

  test('deletes by number where the same text stands there twice', () => {
    const wanted = read(
      '*mangle\n:PORTOLAN-X - [0:0]\n-A PORTOLAN-X -j RETURN\n-A PORTOLAN-X -p tcp\nCOMMIT\n',
    )
    const actual = read(
      '*mangle\n:PORTOLAN-X - [0:0]\n-A PORTOLAN-X -j RETURN\n-A PORTOLAN-X -p tcp\n-A PORTOLAN-X -j RETURN\nCOMMIT\n',
    )
    expect(restoreText(diff(actual, wanted), 'ip')).toContain('-D PORTOLAN-X 3\n')
    expect(applyTo(actual, diff(actual, wanted))).toEqual(wanted)
  })

  test('never touches a table or chain that is not ours', () => {
    const foreign = read('*raw\n:PREROUTING DROP [1:2]\n:MINE - [0:0]\n-A PREROUTING -j MINE\nCOMMIT\n')
    expect(diff(foreign, emptyRuleset)).toEqual([])
    expect(applyTo(foreign, diff(foreign, before)).tables).toContainEqual(foreign.tables[0])
  })
})
