import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from '@jest/globals'
import { ownHome } from '../../src/index.ts'

const { HOME: homeBefore } = process.env
afterEach(() => {
  process.env.HOME = homeBefore
})

/** The home in the line of this user in the user database (passwd(5)). */
const homeInDatabase = (): string | undefined =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(process.geteuid?.()))?.[5]

test('the home is that of the user database, whatever HOME says', () => {
  for (const home of ['/elsewhere', '', 'not/absolute']) {
    process.env.HOME = home
    // A user without a line there has the root folder.
    expect(ownHome()).toBe(homeInDatabase() ?? '/')
  }
})
