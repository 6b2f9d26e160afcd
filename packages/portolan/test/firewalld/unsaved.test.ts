import { describe, expect, test } from '@jest/globals'
import { block, type Configuration } from '../../src/firewalld/configuration.ts'
import { findUnsaved } from '../../src/firewalld/unsaved.ts'

const empty: Configuration = {
  policies: [],
  zones: [],
  directRules: [],
  passthroughs: [],
  ipsets: [],
  entries: new Map(),
}

const unsaved = (now: Partial<Configuration>, permanent: Partial<Configuration>): string | null =>
  findUnsaved({ now: { ...empty, ...now }, permanent: { ...empty, ...permanent }, ours: ['pl-web'] })

describe('what is set in one configuration of firewalld alone', () => {
  test.each<[string, Partial<Configuration>, Partial<Configuration>, string | null]>([
    [
      'a direct rule',
      { directRules: ['ipv4 filter INPUT 0 -j DROP'] },
      {},
      'direct rule ipv4 filter INPUT 0 -j DROP is set at run time only',
    ],
    [
      'a direct passthrough',
      { passthroughs: ['ipv4 -N own'] },
      {},
      'direct passthrough ipv4 -N own is set at run time only',
    ],
    ['an ipset', {}, { ipsets: ['bans'] }, 'ipset bans is set permanently, and not at run time'],
    [
      'an entry of an ipset',
      { entries: new Map([['bans', ['203.0.113.1', '203.0.113.2']]]) },
      { entries: new Map([['bans', ['203.0.113.1']]]) },
      'ipset bans 203.0.113.2 is set at run time only',
    ],
    [
      'a service of a zone',
      { zones: [block('public', ['services ssh'])] },
      { zones: [block('public', ['services ssh', 'services http'])] },
      'services http of zone public is set permanently, and not at run time',
    ],
    ['a policy', { policies: [block('bans', ['priority -1'])] }, {}, 'policy bans is set at run time only'],
    ['a policy of ours is not told', { policies: [block('pl-web', ['priority -1'])] }, {}, null],
    [
      'an interface of Docker, which brings it back, is not told',
      { zones: [block('docker', ['interfaces docker0'])] },
      { zones: [block('docker', [])] },
      null,
    ],
    [
      'the order is of no matter',
      { zones: [block('a', ['x', 'y'])] },
      { zones: [block('a', ['y', 'x'])] },
      null,
    ],
  ])('%s', (_, now, permanent, told) => {
    expect(unsaved(now, permanent)).toBe(told)
  })

  test('is nothing where a folder of zones is one zone at run time', () => {
    const zones = [
      block('home', ['forward yes', 'masquerade no', 'ports 1/tcp', 'ports 2/tcp', 'target default']),
    ]
    const parts = [
      block('home/far', ['forward no', 'masquerade no', 'ports 2/tcp', 'target default']),
      block('home/wire', ['forward yes', 'masquerade no', 'ports 1/tcp', 'target ACCEPT']),
    ]
    expect(unsaved({ zones }, { zones: parts })).toBeNull()
    expect(unsaved({ zones }, { zones: parts.slice(1) })).toBe(
      'ports 2/tcp of zone home is set at run time only',
    )
  })
})
