import { describe, expect, test } from '@jest/globals'
import { parse, print } from '../../src/index.ts'
import { canMakeNamespaces, networkNamespace } from '../support/network-namespace.ts'
import { listedRules, tableText, type WrittenRule, writtenRules } from '../support/written-rules.ts'

const live = canMakeNamespaces() || process.env.CI === 'true' ? describe : describe.skip
if (!canMakeNamespaces()) console.warn('SKIPPED: the readers are held to the kernel as root only.')

const groups = (): ReadonlyMap<string, readonly WrittenRule[]> => {
  const found = new Map<string, WrittenRule[]>()
  for (const rule of writtenRules()) {
    const key = `${rule.family} ${rule.table} ${rule.chain}`
    found.set(key, [...(found.get(key) ?? []), rule])
  }
  return found
}

live.each(['nft', 'legacy'] as const)('what the kernel lists, iptables-%s', (variant) => {
  test.each([...groups()])('is what the readers list: %s', (_, rules) => {
    const [first] = rules
    if (first === undefined) throw new Error('no rules')
    const { family, table, chain } = first
    const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}-${variant}`
    using space = networkNamespace()
    const written = tableText(
      table,
      chain,
      rules.map((rule) => rule.written),
    )
    expect(space.run(`${program}-restore`, [], written)).toMatchObject({ exitCode: 0 })
    const saved = space.run(`${program}-save`, ['-t', table]).stdout
    const read = print(parse(written, 'written', family), 'iptables-save')
    expect(listedRules(read)).toEqual(listedRules(saved))
    expect(print(parse(saved, 'saved', family), 'iptables-save')).toBe(saved)
  })
})
