/**
 * Makes the API reference (HTML) of the public entries of all packages. It fails on any warning, such as a dead link or
 * a type that is not exported. Usage: npm run reference [-- FOLDER]; without a folder it writes dist/reference
 */
import { join, resolve } from 'node:path'
import { Application, LogLevel } from 'typedoc'
import { packageEntries } from '../package-entries.js'

const root = join(import.meta.dirname, '../..')
const folder = resolve(process.argv[2] ?? join(root, 'dist/reference'))

/** Packages import one another's sources, and not the files that tsc has built. */
const paths = Object.fromEntries(
  packageEntries.map(({ specifier, source }) => [specifier, [join(root, source)]]),
)

const app = await Application.bootstrap({
  name: 'Portolan',
  entryPoints: packageEntries.map(({ source }) => join(root, source)),
  tsconfig: join(import.meta.dirname, 'tsconfig.json'),
  compilerOptions: { paths },
  // The compiler of this workspace checks the sources, so TypeDoc need not.
  skipErrorChecking: true,
  basePath: root,
  readme: 'none',
  disableSources: true,
  excludeInternal: true,
  excludeExternals: true,
  hideGenerator: true,
  logLevel: LogLevel.Warn,
})

/** Names each entry by its import specifier. TypeDoc would name it by the path of its file. */
const nameEntries = (project) => {
  const specifiers = new Map(
    packageEntries.map(({ specifier, source }) => [source.replace(/(\/index)?\.ts$/, ''), specifier]),
  )
  for (const module of project.children ?? []) module.name = specifiers.get(module.name) ?? module.name
}

const project = await app.convert()
if (project !== undefined) {
  nameEntries(project)
  app.validate(project)
  await app.generateDocs(project, folder)
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
