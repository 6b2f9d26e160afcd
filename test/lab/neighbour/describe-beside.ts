import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from '@jest/globals'
import { isInstalled, type Neighbour, neededPrograms } from './needed-programs.ts'

const obstacle = (programs: readonly Neighbour[]): string | null => {
  const missing = programs.filter((program) => !neededPrograms[program].every(isInstalled))
  if (missing.length > 0) return `Not installed: ${missing.join(', ')}. Run \`script/bootstrap --tests\`.`
  // These programs mount file systems and use cgroups. Only root of the initial user namespace may do that.
  if (!/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))) {
    return 'This is a user namespace. Run as root.'
  }
  try {
    execFileSync('unshare', ['--net', '--mount', 'mount', '-t', 'sysfs', 'sysfs', '/sys'], { stdio: 'pipe' })
  } catch (error) {
    return `No namespaces of one's own can be made here: ${(error as Error).message} Run as root.`
  }
  return null
}

/**
 * Describes a suite that needs real programs of other projects. Where they cannot run, a single test prints the reason.
 * It passes on a developer's machine and fails in continuous integration (CI=true), so CI never skips the suite.
 */
export const describeBeside = (title: string, programs: readonly Neighbour[], body: () => void): void => {
  const reason = obstacle(programs)
  if (reason === null) {
    describe(title, body)
    return
  }
  describe(title, () => {
    test(`runs beside ${programs.join(', ')}`, () => {
      const text = `NOT RUN: ${title}. ${reason}`
      if (process.env.CI === 'true') throw new Error(text)
      process.stderr.write(`\n*** ${text}\n`)
    })
  })
}
