import { tableEncoder } from '../../output/parquet.ts';
import type { Encoder } from './encoder.ts';
import { PARQUET_COLUMNS } from './parquet-schema.ts';

/** Events as Parquet. */
export const parquetEncoder = (): Encoder => tableEncoder('event', PARQUET_COLUMNS);
