import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { InvalidRequestError } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../../src/backend/backend.ts'
import { noRules, unknownRules } from '../../src/host-rules/host-rules.ts'
import { plan } from '../../src/plan/plan-intent.ts'
import { type ScriptFormat, script, scriptFormats } from '../../src/script/script.ts'
import { after, backends, intentOf, planOf } from '../shop.ts'

const textOf = (backend: Backend, format: ScriptFormat): string => script(planOf({ backend }), format)

describe('a script in each format', () => {
  test('of nft replaces our table in one transaction', () => {
    const text = textOf('nftables', 'nft')
    expect(text).toContain('\nadd table inet portolan; delete table inet portolan; table inet portolan {\n')
    expect(text).toContain('shop/0.0.0.0:8080/tcp -> nginx:80')
    expect(text).not.toContain('flush ruleset')
  })

  test('of nft-json says the same as the plan', () => {
    const plan = planOf({ backend: 'nftables' })
    const commands = JSON.parse(script(plan, 'nft-json'))
    expect(Object.keys(commands)).toEqual(['nftables'])
    expect(JSON.stringify(commands)).toContain('shop/0.0.0.0:8080/tcp -> nginx:80')
    expect(nftables.diff(nftables.emptyRuleset, nftables.compile(plan.desired)).length).toBeGreaterThan(0)
  })

  test('of iptables-restore is whole tables without a policy', () => {
    for (const backend of ['iptables-nft', 'iptables-legacy'] as const) {
      const lines = textOf(backend, 'iptables-restore').split('\n')
      const tables = lines.filter((line) => line.startsWith('*'))
      expect(tables).toContain('*nat')
      expect(lines.filter((line) => line === 'COMMIT')).toHaveLength(tables.length)
      expect(lines.filter((line) => /^:(?!PORTOLAN-)/.test(line))).toEqual([])
      expect(lines.join('\n')).toContain(
        '-A PORTOLAN-DNAT -p tcp -m tcp --dport 8080 -m comment --comment "shop/0.0.0.0:8080/tcp -> nginx:80" -j DNAT --to-destination 172.17.0.1:80',
      )
    }
  })

  test('of iptables-restore reads back as what was compiled', () => {
    const plan = planOf({ backend: 'iptables-nft' })
    const compiled = iptables.compile(plan.desired)
    const names = iptables
      .parse(script(plan, 'iptables-restore').replace(/^-I (\S+) 1 /gm, '-A $1 '), 'script', 'ip')
      .tables.flatMap(({ chains }) => chains.map(({ name }) => name))
    // The chains that are closed first appear again with their rules.
    expect([...new Set(names)].filter((name) => name.startsWith('PORTOLAN-')).sort()).toEqual(
      compiled.tables
        .flatMap(({ chains }) => chains.map(({ name }) => name))
        .filter((name) => name.startsWith('PORTOLAN-'))
        .sort(),
    )
  })

  test('does not depend on what the host has already', () => {
    for (const backend of backends) {
      const again = planOf({ backend, ...after(planOf({ backend })) })
      expect(again.changes).toEqual([])
      const format = backend === 'nftables' ? 'nft' : 'iptables-restore'
      expect(script(again, format)).toBe(textOf(backend, format))
      expect(script(again, 'sh')).toBe(textOf(backend, 'sh'))
    }
  })

  test('ends in one newline', () => {
    for (const backend of backends)
      for (const format of scriptFormats)
        if (format === 'sh' || (backend === 'nftables') === format.startsWith('nft'))
          expect(textOf(backend, format)).toMatch(/[^\n]\n?$/)
  })

  test('of a project without networks is not an error', () => {
    const intent = intentOf('services: {}')
    for (const backend of backends)
      expect(script(planOf({ backend, intent }), 'sh')).toMatch(/^#!\/bin\/sh\n/)
    expect(() => script(planOf({ intent }), 'nft')).not.toThrow()
    expect(() => script(planOf({ intent, backend: 'iptables-nft' }), 'iptables-restore')).not.toThrow()
  })
})

describe('a script for a host with other projects', () => {
  const blogText = 'services: {web: {ports: ["9090:80"], networks: [web]}}\nnetworks: {web: {}}'
  /** A host with blog applied, and a plan of shop for it. */
  const besideBlog = (backend: Backend, incomplete: readonly Backend[] = []) => {
    const blog = planOf({ backend, intent: intentOf(blogText, 'blog') })
    const { facts, rules } = after(blog)
    return planOf({ backend, facts, rules: { ...rules, incomplete } })
  }
  const formats: readonly [Backend, ScriptFormat][] = [
    ['nftables', 'nft'],
    ['nftables', 'nft-json'],
    ['nftables', 'sh'],
    ['iptables-nft', 'iptables-restore'],
    ['iptables-nft', 'sh'],
    ['iptables-legacy', 'iptables-restore'],
    ['iptables-legacy', 'sh'],
  ]

  test.each(formats)('carries them for %s as %s, and says which', (backend, format) => {
    const text = script(besideBlog(backend), format)
    for (const port of ['blog/0.0.0.0:9090/tcp -> web:80', 'shop/0.0.0.0:8080/tcp -> nginx:80'])
      expect(text).toContain(port)
    expect(text).toContain('Projects in it: shop.')
    expect(text).toContain('and, as the host has it: blog.')
    expect(text).not.toContain('lose their rules')
  })

  test.each(formats)(
    'whose rules were not read says for %s as %s that it removes them',
    (backend, format) => {
      const text = script(planOf({ backend, rules: unknownRules }), format)
      expect(text).toContain(
        `It replaces all ${backend} rules of Portolan. The rules of the host were not read`,
      )
      expect(text).toContain('other projects there lose their rules when this is loaded.')
      expect(script(planOf({ backend }), format)).not.toContain('lose their rules')
    },
  )

  test('of which only a part was read carries that part, and says that more may go', () => {
    const text = script(besideBlog('iptables-nft', ['iptables-nft']), 'iptables-restore')
    expect(text).toContain('blog/0.0.0.0:9090/tcp -> web:80')
    expect(text).toContain('lose their rules')
    expect(script(besideBlog('iptables-nft', ['nftables']), 'iptables-restore')).not.toContain('lose their')
  })

  test('the library plans without rules where told so, and with all of them where they are given', async () => {
    const intent = intentOf()
    const unread = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
    expect(script(unread, 'nft')).toContain('lose their rules')
    const read = await plan(intent, { facts: {}, rules: noRules, backend: 'nftables' })
    expect(script(read, 'nft')).not.toContain('lose their rules')
  })
})

test('a script of a plan that leaves sysctls alone sets none', () => {
  for (const backend of backends) {
    expect(script(planOf({ backend }), 'sh')).toContain('ip_forward')
    expect(script(planOf({ backend, sysctls: false }), 'sh')).not.toContain('/proc/sys/net/ipv')
  }
})

describe('a format of another backend', () => {
  test.each<[ScriptFormat, Backend, string]>([
    ['nft', 'iptables-nft', '--backend nftables'],
    ['nft-json', 'iptables-legacy', '--backend nftables'],
    ['iptables-restore', 'nftables', '--backend iptables'],
  ])('%s is refused for %s, with a way out', (format, backend, wayOut) => {
    expect(() => textOf(backend, format)).toThrow(InvalidRequestError)
    expect(() => textOf(backend, format)).toThrow(
      `the format ${format} is not one of the backend ${backend}: use ${wayOut}, or another format.`,
    )
  })
})
