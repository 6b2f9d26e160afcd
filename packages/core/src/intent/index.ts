export * from './compose/index.ts'
export { type DotenvOptions, parseDotenv } from './dotenv.ts'
export * from './intent.ts'
export { parsePortMapping, printPortMapping } from './port-mapping.ts'
