import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hidePassword, parseClusterUrl } from '../../src/index.ts'

const messageOf = (url: string): string => {
  try {
    parseClusterUrl(url)
    return ''
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

/** URLs with a password where people write one, and with other mistakes beside it. */
const forms: readonly ((password: string) => string)[] = [
  (password) => `etcd://user:${password}@etcd.example/prod`,
  (password) => `etcds://user:${password}@etcd.example:2379,192.0.2.2/prod?ca=/a`,
  (password) => `etcd://user:${password}@etcd.example`,
  (password) => `etcd://user:${password}@etcd.example/prod/`,
  (password) => `etcd://user:${password}@[fe80::1]/prod`,
  (password) => `etcd://:${password}@etcd.example/prod`,
  (password) => `http://user:${password}@etcd.example/prod`,
  (password) => `//user:${password}@etcd.example/prod`,
  (password) => `etcd:/user:${password}@etcd.example/prod`,
  (password) => `etcd:user:${password}@etcd.example/prod`,
  (password) => `user:${password}@etcd.example/prod`,
  (password) => `etcd://etcd.example/prod?password=${password}`,
  (password) => `etcd://user@etcd.example/prod?password-file=/p&password=${password}`,
]

test.each(forms.map((form) => [form('SECRET'), form] as const))(
  'whatever the password is, the message about %s does not repeat it',
  (_shown, form) => {
    fc.assert(
      // The marks on both sides find any part of the password that a message repeats.
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ9:/@?&=%#,.[]-_ \n') }), (middle) => {
        const message = messageOf(form(`SECRET${middle}SECRET`))
        expect(message).toMatch(/^InvalidRequestError: /)
        expect(message).not.toContain('SECRET')
      }),
    )
  },
)

test.each([
  'etcd://192.0.2.1:2379,[2001:db8::1]:2379/prod',
  'etcds://user@etcd.example/prod?password-file=/p&ca=/a&cert=/c&key=/k',
  'etcd:///shop',
])('a URL without a password is shown as it is: %s', (url) => {
  expect(hidePassword(url)).toBe(url)
})

test.each(['etcds://etcd.example/prod?ca=%zz', 'etcd://%zz@etcd.example/prod?password-file=/p'])(
  'a percent sign that begins no code is refused: %s',
  (url) => {
    expect(messageOf(url)).toMatch(/^InvalidRequestError: .*a percent sign that does not begin the code/)
  },
)
