import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type packageNames, publicExportsOf } from './public-exports.ts'

type PackageName = (typeof packageNames)[number]

const surface = new URL('../../packages/portolan/src/index.ts', import.meta.url)

/** A name that `portolan` exports. */
export interface SurfaceExport {
  readonly name: string
  readonly isType: boolean
  /** The code of its example; null: its doc comment has none. */
  readonly example: string | null
}

const exported = /export (type )?\{([^}]*)\} from '([^']+)'/g

const commentOf = (name: string, from: string): string | null => {
  const [, own] = /^@portolan\/(\w+)$/.exec(from) ?? []
  const file = own === undefined ? `portolan/src/${from.replace('./', '')} ` : `${own}/src/`
  const found = publicExportsOf((own ?? 'portolan') as PackageName).filter(
    (one) => one.name.startsWith(file) && one.name.endsWith(` ${name}`),
  )
  return found.length === 1 ? (found[0]?.comment ?? null) : null
}

export const exampleIn = (comment: string): string | null =>
  /@example\n([\s\S]*?)(?=\n@|$)/.exec(comment)?.[1]?.trim() ?? null

/** All exports of `portolan`, in the order of its index. */
export const surfaceExports: readonly SurfaceExport[] = [
  ...readFileSync(fileURLToPath(surface), 'utf8').matchAll(exported),
].flatMap(([, allTypes, names = '', from = '']) =>
  names
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const name = one.replace(/^type /, '')
      const comment = commentOf(name, from)
      return {
        name,
        isType: allTypes !== undefined || one.startsWith('type '),
        example: comment === null ? null : exampleIn(comment),
      }
    }),
)

const isLiteral = (text: string): boolean => {
  try {
    new Function(`return (${text})`)()
    return true
  } catch {
    return false
  }
}

/** Turns `EXPRESSION // LITERAL` into a check, also with the comment on the next line, and also for printed values. */
export const checked = (code: string): string =>
  code
    .replace(/^(.*\S)\n\/\/ ('.*')$/gm, '$1 // $2')
    .split('\n')
    .map((line) => {
      const [, before = '', call = '', printed = ''] = /^(.*)console\.log\((.*)\) \/\/ (.+)$/.exec(line) ?? []
      if (printed !== '') return `${before}check(String(${call}), ${JSON.stringify(printed)})`
      const [, expression = '', value = ''] =
        /^(?!const |let |import |await |for |\/\/)(.+?) \/\/ (.+)$/.exec(line) ?? []
      return value !== '' && isLiteral(value) ? `check(${expression}, ${value})` : line
    })
    .join('\n')

/** The example as a module of its own. It throws unless the example gives the promised results. */
export const exampleModule = (code: string): string => {
  // An example may use the name of a function for a variable of its own. Then the function is not imported.
  const used = surfaceExports.filter(
    ({ name }) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\bconst ${name}\\b`).test(code),
  )
  const names = used.map(({ name, isType }) => (isType ? `type ${name}` : name))
  return `import { deepStrictEqual as check } from 'node:assert'
import { ${names.join(', ')} } from 'portolan'

${checked(code)}

export { check }
`
}
