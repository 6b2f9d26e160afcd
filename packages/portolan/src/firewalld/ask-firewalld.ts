import type { Conflict, RemedyHook } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { type Firewalld, ourName } from './read-firewalld.ts'

type Commands = Fix['commands']

/** The policy that commands make or change; null: they are not firewalld's. */
export const policyIn = (commands: Commands): string | null => {
  for (const words of commands)
    for (const word of words) {
      const name = /^--(?:new-|delete-)?policy=(.+)$/.exec(word)?.[1]
      if (name !== undefined) return name
    }
  return null
}

/** The same commands for a policy of another name. */
const renamed = (commands: Commands, from: string, to: string): Commands =>
  commands.map((words) =>
    words.map((word) =>
      word.replace(/^(--(?:new-|delete-)?policy=)(.+)$/, (whole, option: string, name: string) =>
        name === from ? `${option}${to}` : whole,
      ),
    ),
  )

/** A hook of firewalld with a name that is free: a foreign policy keeps its own. */
export const withFreeName = (
  hook: RemedyHook,
  { foreignPolicies }: Pick<Firewalld, 'foreignPolicies'>,
): RemedyHook | null => {
  const wanted = policyIn(hook.commands)
  if (wanted === null || !foreignPolicies.includes(wanted)) return hook
  const bridge = wanted.replace(ourName, '')
  const name = [2, 3, 4, 5, 6, 7, 8, 9]
    .map((number) => `p${number}-${bridge}`)
    .find((one) => !foreignPolicies.includes(one))
  if (name === undefined) return null
  return {
    ...hook,
    commands: renamed(hook.commands, wanted, name),
    undo: renamed(hook.undo, wanted, name),
  }
}

/** Commands of several requests as those of one: what makes the policy once, all of its rules, one reload. */
export const together = (one: Commands, other: Commands): Commands => {
  const isReload = (words: readonly string[]): boolean => words.includes('--reload')
  const seen = new Set<string>()
  return [...one, ...other, ...one]
    .filter((words, at) => isReload(words) === at >= one.length + other.length)
    .filter((words) => {
      const key = words.join('\0')
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
}

/** A conflict that firewalld could mend, and that is not mended since a reload would do more than that. */
export const notReloaded = (conflict: Conflict, unsaved: string): Conflict => ({
  ...conflict,
  remedy: {
    text: `--fix leaves firewalld alone: it would have to reload it, and ${unsaved}. Save what is set at run time (firewall-cmd --runtime-to-permanent) or drop it (firewall-cmd --reload), then use --fix again.`,
    commands: [],
  },
})
