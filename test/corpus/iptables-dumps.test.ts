import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { lower, parse } from '@portolan/iptables'
import { openShell } from '../shell/open-shell.ts'
import { foreignFiles, listing, named, nodesOf, rulesetFiles, rulesOf, withCorpus } from './iptables-files.ts'

/** Files that iptables-save printed, of any version, without changes by hand. */
const saved = rulesetFiles().filter(
  (file) =>
    /\.golden$|iptables-save[.\w]*$|fedora27-ip6?tables$|\/(?:wireless|policy-drop|ipt-save-filter)\.txt$/.test(
      file,
    ) && !/iptables-save\.topos1$|\/data\/iptables-save$/.test(file),
)

withCorpus('rulesets of others', () => {
  test('are read to the last, and nearly all of them is understood', () => {
    const rulesets = rulesetFiles().map((file) => parse(readFileSync(file, 'utf8'), named(file)))
    const nodes = rulesets.map(nodesOf)
    const all = nodes.reduce((sum, one) => sum + one.all, 0)
    const opaque = nodes.flatMap((one) => one.opaque)
    console.log(
      `iptables rulesets: ${rulesets.length} files, ${all} matches and targets, ${opaque.length} left opaque: ${opaque.join('; ')}`,
    )
    expect(rulesets.length).toBeGreaterThan(150)
    // An IPv6 module in an IPv4 file, twice, and a rule that is made to fail: the kernel refuses all three.
    expect(opaque.length).toBeLessThanOrEqual(3)
  })

  test('are told from what other tools printed, which is refused at its first line', () => {
    expect(foreignFiles().length).toBeGreaterThan(0)
    for (const file of foreignFiles())
      expect(() => parse(readFileSync(file, 'utf8'), named(file))).toThrow(
        `${named(file)}:1:1: expected a comment or "*table"`,
      )
  })

  test('are lowered to the last', () => {
    for (const file of rulesetFiles()) {
      const ruleset = parse(readFileSync(file, 'utf8'), named(file))
      const rules = ruleset.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules))
      const lowered = lower(ruleset).tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules))
      expect(lowered).toHaveLength(rules.length)
    }
  })

  test('that iptables-save printed are printed back byte for byte', () => {
    expect(saved.length).toBeGreaterThan(100)
    for (const file of saved) {
      const text = readFileSync(file, 'utf8')
      expect(`${named(file)}\n${listing(text, file)}`).toBe(`${named(file)}\n${text}`)
    }
  })
})

const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: rulesets are loaded into the kernel as root only.')
const live = isRoot || process.env.CI === 'true' ? withCorpus : describe.skip

/** The kernel's rules after loading a text in a new namespace; null: the kernel refuses the text. */
const loaded = (text: string, variant: string, family: string): string | null => {
  const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}-${variant}`
  using shell = openShell(['unshare', '--net'])
  const { exitCode } = shell.run(`${program}-restore`, [], text)
  return exitCode === 0 ? shell.run(`${program}-save`, []).stdout : null
}

const withoutComments = (text: string): string =>
  text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]')

/** A host without /etc/protocols lists `-p gre` as `-p 47`, and `-p igmp` as `-p 2`. */
const byNumber = (text: string): readonly string[] =>
  rulesOf(text)
    .map((rule) => rule.replace(/ -p gre\b/, ' -p 47').replace(/ -p igmp\b/, ' -p 2'))
    .toSorted()

live('rulesets of others, in the kernel', () => {
  // Docker has more than a hundred similar files, so only some of them are loaded.
  const files = rulesetFiles().filter((file, index) => !file.endsWith('.golden') || index % 12 === 0)

  test.each(['nft', 'legacy'])('load from our print as from their own text, iptables-%s', (variant) => {
    let [compared, refused] = [0, 0]
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      const ruleset = parse(text, file)
      const family = ruleset.tables[0]?.family ?? 'ip'
      const theirs = loaded(text, variant, family)
      if (theirs === null) {
        refused += 1
        continue
      }
      const ours = loaded(listing(text, file), variant, family)
      expect(`${named(file)}\n${withoutComments(ours ?? 'refused')}`).toBe(
        `${named(file)}\n${withoutComments(theirs)}`,
      )
      // Portolan prints the same text that the kernel lists.
      expect(`${named(file)}\n${rulesOf(listing(theirs, file)).join('\n')}`).toBe(
        `${named(file)}\n${rulesOf(theirs).join('\n')}`,
      )
      expect(byNumber(listing(text, file))).toEqual(byNumber(theirs))
      compared += 1
    }
    console.log(
      `iptables-${variant}: ${compared} rulesets load and are listed as we print them, ${refused} do not load`,
    )
    expect(compared).toBeGreaterThan(15)
  })
})
