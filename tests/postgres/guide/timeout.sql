-- SPDX-License-Identifier: MIT
ALTER ROLE shop_app SET statement_timeout = '30s';
