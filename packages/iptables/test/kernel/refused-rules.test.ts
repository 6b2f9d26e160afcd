import { describe, expect, test } from '@jest/globals'
import { canMakeNamespaces, networkNamespace } from '../support/network-namespace.ts'
import { refusedRules, refusedText } from '../support/refused-rules.ts'

const live = canMakeNamespaces() || process.env.CI === 'true' ? describe : describe.skip
if (!canMakeNamespaces()) console.warn('SKIPPED: what is refused is held to the kernel as root only.')

live.each(['nft', 'legacy'] as const)('what parse refuses, iptables-%s-restore', (variant) => {
  test('refuses too', () => {
    using space = networkNamespace()
    const taken = refusedRules.filter((rule) => {
      const program = `${rule.family === 'ip' ? 'iptables' : 'ip6tables'}-${variant}-restore`
      return space.run(program, [], refusedText(rule)).exitCode === 0
    })
    expect(taken).toEqual([])
  })
})
