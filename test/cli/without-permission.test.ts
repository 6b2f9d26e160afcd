import { chmodSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { oneService } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * A user that may change nothing and read no rules. When root runs the tests, it is a user id without an entry in the
 * user database.
 */
const powerless =
  process.geteuid?.() === 0
    ? ['unshare', '--net', '--', 'setpriv', '--reuid=65533', '--regid=65533', '--clear-groups']
    : ['unshare', '--user', '--net', '--']

describe('without the permission to read rules', () => {
  const folder = temporaryFolder({ 'compose.yaml': oneService })
  chmodSync(folder, 0o755)

  test.each([
    ['plan', ['plan'], 2, 'Plan for project shop'],
    ['report', ['report', '-o', '-'], 0, 'id="way"'],
  ] as const)(
    '%s goes on with what can be read, and says what cannot',
    async (_command, words, exit, shown) => {
      const { code, stdout, stderr } = await portolan(words, { folder, under: powerless })
      expect({ code, stdout }).toEqual({ code: exit, stdout: expect.stringContaining(shown) })
      expect(`${stdout}${stderr}`).toContain('rules could not be read: ')
      expect(`${stdout}${stderr}`).not.toContain('internal error')
    },
  )
})
