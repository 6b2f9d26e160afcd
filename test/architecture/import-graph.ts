import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The source files of a package, as absolute paths. */
export const sourcesOf = (name: string): string[] =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, 'packages', name, 'src', file))

/** The imports of a file as they are written, with type imports and dynamic imports. */
export const importsOf = (file: string): string[] => {
  const code = readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found: string[] = []
  for (const pattern of [/\bfrom\s+'([^']+)'/g, /\bimport\s*\(\s*'([^']+)'/g, /^\s*import\s+'([^']+)'/gm]) {
    for (const [, specifier] of code.matchAll(pattern)) if (specifier !== undefined) found.push(specifier)
  }
  return found
}

/** The files of a package, and the files among them that each imports, by their path within `src`. */
export const importsWithin = (name: string): Map<string, readonly string[]> => {
  const source = join(root, 'packages', name, 'src')
  const within = (file: string, specifier: string): string =>
    relative(source, resolve(dirname(file), specifier))
  return new Map(
    sourcesOf(name).map((file) => [
      relative(source, file),
      importsOf(file).flatMap((specifier) => (specifier.startsWith('.') ? [within(file, specifier)] : [])),
    ]),
  )
}

/** The folders directly inside a folder, and the folders among them whose files each imports. */
export const foldersWithin = (
  graph: ReadonlyMap<string, readonly string[]>,
  folder: string,
): Map<string, readonly string[]> => {
  const inside = (file: string): string | null => {
    const [name, ...rest] = relative(folder, file).split('/')
    return name === undefined || name === '..' || rest.length === 0 ? null : name
  }
  const folders = new Map<string, Set<string>>()
  for (const [file, imported] of graph) {
    const from = inside(file)
    if (from === null) continue
    const others = folders.get(from) ?? new Set()
    folders.set(from, others)
    for (const to of imported.map(inside)) if (to !== null && to !== from) others.add(to)
  }
  return new Map([...folders].map(([name, others]) => [name, [...others]]))
}

/**
 * The import circles: sets of files in which each file reaches all others by imports (Tarjan, Depth-first search and
 * linear graph algorithms, 1972).
 */
export const circlesOf = (graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const numbers = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): number => {
    const number = numbers.size
    numbers.set(file, number)
    let low = number
    stack.push(file)
    for (const other of graph.get(file) ?? []) {
      if (!numbers.has(other)) low = Math.min(low, visit(other))
      else if (stack.includes(other)) low = Math.min(low, numbers.get(other) ?? low)
    }
    if (low === number) {
      const circle = stack.splice(stack.indexOf(file))
      if (circle.length > 1 || graph.get(file)?.includes(file) === true) circles.push(circle.sort())
    }
    return low
  }
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file)
  return circles.sort((one, other) => (String(one) < String(other) ? -1 : 1))
}
