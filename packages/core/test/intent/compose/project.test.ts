// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { type ComposeFilesOptions, readCompose } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'

const project = (text: string, options: ComposeFilesOptions & { source?: string } = {}): string =>
  readCompose(`${text}\nservices: {}`, { source: 'compose.yaml', ...options }).project

const notesOf = (text: string): readonly string[] =>
  readCompose(`${text}\nservices: {}`, { source: 'compose.yaml' }).notes.map((note) => note.text)

describe('the project is named', () => {
  test.each<[string, string, ComposeFilesOptions & { source?: string }, string]>([
    ['by the option above all', 'name: b', { project: 'a', environment: { COMPOSE_PROJECT_NAME: 'c' } }, 'a'],
    ['by the environment above the file', 'name: b', { environment: { COMPOSE_PROJECT_NAME: 'c' } }, 'c'],
    ['by .env above the file', 'name: b', { dotenv: { COMPOSE_PROJECT_NAME: 'd' } }, 'd'],
    ['by the file', 'name: b', { folder: '/srv/e' }, 'b'],
    ['by a variable in the file', 'name: ${N}-x', { environment: { N: 'n' } }, 'n-x'],
    ['by its folder', 'networks: {}', { folder: '/srv/My App.v2/' }, 'myappv2'],
    ['by its folder, without what may not come first', 'networks: {}', { folder: '/srv/_-tmp' }, 'tmp'],
    ['by the folder of the source', 'networks: {}', { source: '/srv/shop/compose.yaml' }, 'shop'],
    ['default when there is nothing to go by', 'networks: {}', {}, 'default'],
    ['default when nothing of the folder is left', 'networks: {}', { folder: '/???' }, 'default'],
    ['by 63 letters of a folder', 'networks: {}', { folder: 'x'.repeat(99) }, 'x'.repeat(63)],
  ])('%s', (_, text, options, expected) => {
    expect(project(text, options)).toBe(expected)
  })

  test.each(['Shop', 'a b', '-a', 'a.b', 'x'.repeat(64), 'a;b'])('but not by the option "%s"', (name) => {
    expect(() => project('networks: {}', { project: name })).toThrow(InvalidRequestError)
  })

  test.each([
    ['Shop', 'shop'],
    ['a b', 'ab'],
    ['-a', 'a'],
    ['a.b', 'ab'],
  ])('by "%s" in the file, made a name and noted', (written, name) => {
    const text = `name: "${written}"`
    expect(project(text)).toBe(name)
    expect(notesOf(text)).toEqual([`name: "${written}" is taken as ${name}, as Compose does`])
  })

  test.each(['___', '?', 'x'.repeat(64)])('but not by "%s" in the file', (name) => {
    expect(() => project(`name: "${name}"`)).toThrow(
      /^compose\.yaml:1:7: name: .* is no project name: expected lower-case/,
    )
  })
})
